"""Configuration of the accounts service."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, ClassVar

from cryptography.fernet import Fernet
from email_validator import EmailNotValidError, validate_email
from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from aglais_accounts.post import SmtpServer
from aglais_hub.config import ServiceConfig
from aglais_hub.models.identities import Provider

__all__ = ["AccountsConfig", "embedded_settings", "key_file"]


def _from_json(given: Any) -> Any:
    """Read what the environment says as JSON."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given or "{}")
    except ValueError:
        message = 'write JSON, such as {"github": "GitHub"}'
        raise ValueError(message) from None


def _numbers(given: Any) -> Any:
    """Read numbers as people write them in an environment: ``30, 7, 1``."""
    return tuple(given.replace(",", " ").split()) if isinstance(given, str) else given


WarnDays = Annotated[float, Field(gt=0, le=3650)]


class AccountsConfig(ServiceConfig):
    """Who may come in, how often, and how mails leave."""

    service: ClassVar[str] = "accounts"

    guest_limit: int = Field(default=20, ge=0, description="Guests at once")
    guests_per_minute: int = Field(
        default=10, ge=1, description="New guests from one network address in a minute"
    )
    guest_settle_seconds: int = Field(
        default=300, ge=1, description="How long a guest may be without a session, seconds"
    )
    signups_per_hour: int = Field(
        default=20, ge=1, description="Sign-ups from one network address in an hour"
    )
    reserved_names: str = Field(
        default="",
        description="Names that nobody may choose, separated by commas: those of administrators, "
        "who have rights before they have an account",
    )
    password_threads: int = Field(
        default=2, ge=1, le=64, description="Passwords hashed at once; each takes 19 MiB"
    )
    password_queue: int = Field(
        default=100, ge=1, description="Passwords that may wait; more are refused with 503"
    )
    warn_days: Annotated[tuple[WarnDays, ...], BeforeValidator(_numbers)] = Field(
        default=(30, 7, 1),
        description="Days before an account goes by itself, at which its owner is warned by mail: "
        "`30, 7, 1`; none: nobody is warned",
    )
    erase_unreachable: bool = Field(
        default=False,
        description="Whether accounts go by themselves whose owners gave no address to be warned "
        "at; otherwise they are only shown to administrators",
    )
    secret_keys: SecretStr = Field(
        description="Fernet keys that secrets are encrypted with, separated by commas; "
        "the first one encrypts, all of them decrypt"
    )
    providers: Annotated[dict[Provider, str], BeforeValidator(_from_json)] = Field(
        default_factory=dict,
        description="Names of OAuth providers and what people call them, as JSON: "
        '{"github": "GitHub"}; none: no others can be linked',
    )
    ssh_key_limit: int = Field(default=50, ge=1, description="SSH keys of one account")
    github_url: str = Field(
        default="https://github.com", description="Where SSH keys of GitHub users are fetched"
    )
    gitlab_url: str = Field(
        default="https://gitlab.com", description="Where SSH keys of GitLab users are fetched"
    )
    authorized_key_options: str = Field(
        default="restrict,pty",
        pattern=r"^[a-z0-9-]+(,[a-z0-9-]+)*$",
        description="What keys are allowed on the nodes of clusters, in the words of sshd(8)",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Server that sends mails: `smtp://user:password@host:587` (STARTTLS), "
        "`smtps://...` (TLS), `smtp://host:25?tls=off`; none: mails become files",
    )
    mail_from: str | None = Field(
        default=None,
        validate_default=True,
        description="Sender of mails, such as `Aglais <aglais@example.org>`; needed with SMTP",
    )
    mailbox: Path | None = Field(
        default=None, description="Folder that mails are written to where there is no SMTP server"
    )

    @property
    def kept_names(self) -> frozenset[str]:
        """Names that nobody may choose."""
        names = (name.strip().lower() for name in self.reserved_names.split(","))
        return frozenset(name for name in names if name)

    @field_validator("smtp_url")
    @classmethod
    def _is_a_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            SmtpServer.parse(url.get_secret_value())
        return url

    @field_validator("mail_from")
    @classmethod
    def _is_a_sender(cls, sender: str | None, info: ValidationInfo) -> str | None:
        if sender is None and info.data.get("smtp_url") is None:
            return None
        try:
            validate_email(
                sender or "", allow_display_name=True,
                check_deliverability=False, test_environment=True,
            )  # fmt: skip
        except EmailNotValidError:
            message = "with an SMTP server, say whom mails are from: Aglais <aglais@example.org>"
            raise ValueError(message) from None
        return sender

    @field_validator("secret_keys")
    @classmethod
    def _are_keys(cls, keys: SecretStr) -> SecretStr:
        for key in keys.get_secret_value().split(","):
            try:
                Fernet(key.strip())
            except ValueError:
                message = "each key is 32 bytes in URL-safe base64; Fernet.generate_key() makes one"
                raise ValueError(message) from None
        return keys


def embedded_settings(home: Path) -> dict[str, str]:
    """Return what the embedded platform tells this service: its own keys, and its own mailbox."""
    return {
        "AGLAIS_ACCOUNTS_SECRET_KEYS": _kept_key(key_file(home)),
        "AGLAIS_ACCOUNTS_MAILBOX": str(home / "mail"),
    }


def key_file(home: Path) -> Path:
    """Return where an embedded platform keeps the keys that are its own."""
    return home / "run" / "accounts-keys.secret"


def _kept_key(path: Path) -> str:
    """Return the key in a file, made when it is first asked for."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode=0o600)) as file:
            file.write(Fernet.generate_key())
    except FileExistsError:
        pass
    return path.read_text()
