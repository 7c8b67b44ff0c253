"""What one Zeppelin session is made of: its owner, package, door and places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aglais_hub.models.booking import Limits

__all__ = ["Door", "NoteLimits", "SessionPaths", "ZeppelinSession"]

GIB = 2**30


@dataclass(frozen=True)
class Door:
    """How the Zeppelin server finds the Hub, and what the Hub knows it by."""

    client_id: str
    client_secret: str = field(repr=False)
    authorize_path: str
    token_url: str
    user_url: str
    redirect_path: str
    access_scopes: tuple[str, ...]
    """One of these must be held by who comes in."""
    logout_path: str
    end_url: str
    """DELETE here, with the client secret as token, ends the session."""
    idle_seconds: int
    max_seconds: int


@dataclass(frozen=True)
class NoteLimits:
    """How much an account may keep in notes of its own."""

    max_notes: int
    max_note_bytes: int


@dataclass(frozen=True)
class SessionPaths:
    """Where things are, as the session's processes see them."""

    zeppelin: str = "/opt/zeppelin"
    python: str = "/opt/python"
    notebooks: str = "/notebooks"
    """Holds examples/, utils/, tests/ (read-only) and user/."""
    run: str = "/run/session"
    """The Zeppelin server's own directory; nobody else may read it."""
    temp: str = "/data/temp"
    spark_local: str = "/tmp"  # noqa: S108 - the sandbox's own
    java: str = "/usr/bin/java"


@dataclass(frozen=True)
class ZeppelinSession:
    """One session, complete enough to write its files and start its processes."""

    owner: str
    prefix: str
    """Path on the Hub's host, `/user/NAME/`."""
    level: int
    package: str
    limits: Limits
    door: Door
    notes: NoteLimits
    is_admin: bool = False
    show_tests: bool = False
    read_only_notes: tuple[str, ...] = ()
    """IDs of the shipped notes."""
    paths: SessionPaths = SessionPaths()
    launcher: str | None = "/run/session/launcher.sock"
    """Socket of who starts interpreters; None: Zeppelin does, as itself."""
    port: int = 8080
    spark_port: int = 7077

    def resources(self) -> dict[str, str]:
        """Return what notebooks are told of their package, by dotted name."""
        front, worker = self.limits.frontend, self.limits.worker
        return {
            "resources.package": self.package,
            "resources.level": str(self.level),
            "resources.frontend.cores": _number(front.cores),
            "resources.frontend.memory": _number(front.memory_bytes / GIB),
            "resources.worker.count": str(self.limits.worker_count),
            "resources.worker.cores": _number(worker.cores),
            "resources.worker.memory": _number(worker.memory_bytes / GIB),
            "resources.disk": _number(self.limits.disk_bytes / GIB),
        }


def _number(value: float) -> str:
    """Write 2.0 as 2 and 1.5 as 1.5."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
