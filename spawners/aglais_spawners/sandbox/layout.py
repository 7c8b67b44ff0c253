"""Where the parts of a sandbox lie, on the host and inside."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["INSIDE_CONTROL", "INSIDE_INIT", "INSIDE_LAUNCHER", "Layout", "hub_prefix"]

INSIDE_CONTROL = "/run/aglais"
"""Closed to both session users: the init's program, its logs and its exit code."""

INSIDE_INIT = f"{INSIDE_CONTROL}/init.pyz"

INSIDE_LAUNCHER = "/run/launcher"
"""Open to the server only; its socket starts interpreters as the user."""


def hub_prefix(root: Path) -> str:
    """Return what the names of control groups of all sessions below ``root`` begin with.

    Two hubs on one machine have sessions of the same name; each must sweep its own only.
    """
    return hashlib.sha256(bytes(root)).hexdigest()[:8] + "-"


@dataclass(frozen=True)
class Layout:
    """The sandbox's own part of a session's directory."""

    directory: Path

    @property
    def control(self) -> Path:
        """The host's side of ``/run/aglais``: root only."""
        return self.directory / "control"

    @property
    def logs(self) -> Path:
        """One file for each command, and the older half of it as ``.1``."""
        return self.control / "logs"

    @property
    def exit_code(self) -> Path:
        """Written by the init as its last act."""
        return self.control / "exit"

    @property
    def start_log(self) -> Path:
        """What bubblewrap and the init said before they could log."""
        return self.control / "start.log"

    @property
    def etc(self) -> Path:
        """The files made for this session's ``/etc``."""
        return self.directory / "etc"

    @property
    def launcher(self) -> Path:
        """The host's side of ``/run/launcher``."""
        return self.directory / "launcher"

    @property
    def group_name(self) -> str:
        """The session's name among the control groups."""
        return hub_prefix(self.directory.parent) + self.directory.name

    @property
    def marker(self) -> str:
        """An argument of the sandbox's root processes, by which a sweep finds them in /proc."""
        return f"--sandbox={self.directory}"
