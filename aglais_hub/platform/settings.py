"""Settings of the embedded platform: from the environment, safe without any."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from aglais_hub.config import ConfigurationError
from aglais_hub.platform.providers import ProviderTable, read_providers

__all__ = ["PORT_NAMES", "SETTINGS", "Platform"]

PORT_NAMES = ("hub", "proxy-api", "accounts", "booking", "storage")
"""What listens on loopback besides the door itself."""

HIGHEST_PORT = 65535

SETTINGS = {
    "AGLAIS_PORT": ("port", "8000", "Port of the door, on 127.0.0.1"),
    "AGLAIS_HOME": ("folder", "`.aglais` where it is started", "All state of the platform"),
    "AGLAIS_CACHE": ("folder", "`~/.cache/aglais`", "What is built once"),
    "AGLAIS_ADMINS": ("names", "none", "Administrators, separated by commas"),
    "AGLAIS_URL": ("URL", "the platform on this machine", "Platform that `aglais booking` asks"),
    "AGLAIS_TOKEN": ("text", "none: the operator's", "Token that `aglais booking` asks with"),
    "AGLAIS_SHOW_TESTS": ("0 or 1", "0", "Whether sessions see the test notebooks"),
    "AGLAIS_GUEST_DOOR": ("0 or 1", "1", "Whether [Give it a try] lets guests in"),
    "AGLAIS_PASSWORD_DOOR": ("0 or 1", "1", "Whether people log in with e-mail and password"),
    "AGLAIS_SIGNUP": ("0 or 1", "1", "Whether people may make accounts of their own"),
    "AGLAIS_PROVIDERS": (
        "path",
        "none",
        "JSON or TOML file of the providers in [login providers](../how-to/login-providers.md)",
    ),
    "AGLAIS_HUB_DATABASE_URL": (
        "URL",
        "SQLite in the home",
        "SQLAlchemy URL of the Hub's database",
    ),
}
"""Type, default and meaning of the platform's own settings; services have theirs besides."""


@dataclass(frozen=True)
class Platform:
    """One platform on this machine.

    Parameters
    ----------
    home
        All state: ``AGLAIS_HOME``, by default ``.aglais`` where it is started.
    cache
        What is built once: ``AGLAIS_CACHE``.
    port
        Of the door: ``AGLAIS_PORT``, on 127.0.0.1.
    admins
        Names of administrators: ``AGLAIS_ADMINS``, separated by commas.
    show_tests
        Whether sessions see the test notebooks: ``AGLAIS_SHOW_TESTS=1``.
    guest_door, password_door
        Whether people come in as guests, and with a password: ``AGLAIS_GUEST_DOOR``,
        ``AGLAIS_PASSWORD_DOOR``.
    signup
        Whether people may make accounts of their own: ``AGLAIS_SIGNUP``.
    providers_file
        What OAuth providers there are: ``AGLAIS_PROVIDERS``.
    """

    home: Path
    cache: Path
    port: int
    admins: tuple[str, ...] = ()
    show_tests: bool = False
    guest_door: bool = True
    password_door: bool = True
    signup: bool = True
    providers_file: Path | None = None

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises
        ------
        ConfigurationError
            A value cannot be used; by name.
        """
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        names = os.environ.get("AGLAIS_ADMINS", "").split(",")
        return cls(
            home=Path(os.environ.get("AGLAIS_HOME") or ".aglais").absolute(),
            cache=Path(os.environ.get("AGLAIS_CACHE") or Path(cache) / "aglais").absolute(),
            port=_port(os.environ.get("AGLAIS_PORT") or "8000"),
            admins=tuple(name.strip() for name in names if name.strip()),
            show_tests=_switch("AGLAIS_SHOW_TESTS", "0"),
            guest_door=_switch("AGLAIS_GUEST_DOOR", "1"),
            password_door=_switch("AGLAIS_PASSWORD_DOOR", "1"),
            signup=_switch("AGLAIS_SIGNUP", "1"),
            providers_file=Path(given) if (given := os.environ.get("AGLAIS_PROVIDERS")) else None,
        )

    @property
    def url(self) -> str:
        """Address of the door."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def run(self) -> Path:
        """Folder of what belongs to the running platform: ports, secrets, sockets."""
        return self.home / "run"

    @property
    def log(self) -> Path:
        """File that the Hub and its services log to."""
        return self.home / "logs" / "platform.log"

    @property
    def mailbox(self) -> Path:
        """Folder of mails that no SMTP server sends; the accounts service is told the same."""
        return Path(os.environ.get("AGLAIS_ACCOUNTS_MAILBOX") or self.home / "mail")

    @property
    def journal(self) -> Path:
        """File of events."""
        return self.home / "events.jsonl"

    @property
    def ports(self) -> dict[str, int]:
        """Loopback ports of the parts, as the supervisor chose them."""
        ports: dict[str, int] = json.loads((self.run / "ports.json").read_text())
        return ports

    @property
    def providers(self) -> ProviderTable:
        """What is said of OAuth providers, by name."""
        return read_providers(self.providers_file) if self.providers_file else {}

    def database(self, name: str) -> str:
        """Return the URL of a part's own database; ``AGLAIS_<NAME>_DATABASE_URL`` overrides."""
        given = os.environ.get(f"AGLAIS_{name.upper()}_DATABASE_URL")
        return given or f"sqlite:///{self.home / 'databases' / name}.sqlite"

    def secret(self, name: str) -> str:
        """Return a secret of this platform, made when it is first asked for."""
        path = self.run / f"{name}.secret"
        try:
            with open(path, "x", opener=_private) as file:
                file.write(secrets.token_hex(32))
        except FileExistsError:
            pass
        return path.read_text()

    def prepare(self) -> None:
        """Make the folders; nobody else on the machine looks into them."""
        for folder in (self.home, self.run, self.home / "logs", self.home / "databases"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= HIGHEST_PORT):
        raise ConfigurationError(f"AGLAIS_PORT: {text} is not a port; choose 1 to {HIGHEST_PORT}.")
    return int(text)


def _switch(name: str, default: str) -> bool:
    text = os.environ.get(name) or default
    if text not in {"0", "1"}:
        raise ConfigurationError(f"{name}: {text} is neither 0 nor 1.")
    return text == "1"
