"""Names of sessions: the same from every process that has to find one."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

__all__ = ["longest_name", "session_name", "sessions_folder"]

READABLE_LENGTH = 18
"""Holds a guest's whole name; longer ones would take from the length of the sockets' paths."""

HASH_LENGTH = 8


def session_name(user: str, server: str) -> str:
    """Return the name of a session's folder and sandbox; two sessions never share one."""
    digest = hashlib.sha256(f"{user}\n{server}".encode()).hexdigest()[:HASH_LENGTH]
    readable = re.sub(r"[^a-z0-9]+", "-", user.lower()).strip("-")[:READABLE_LENGTH]
    return f"{readable or 'session'}-{digest}"


def longest_name() -> str:
    """Return a name that is as long as a session's can be."""
    return session_name("x" * READABLE_LENGTH, "")


def sessions_folder(home: Path) -> Path:
    """Return the folder of all sessions of a platform."""
    return home / "sessions"
