"""What a sandbox is made of: values only, no effects."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from aglais_spawners.sandbox.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Bind", "Command", "Launcher", "Limits", "Role", "SandboxSpec"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_ETC_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_GROUP = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)?")
_LOWEST_UID = 1000
"""Ids below this belong to the machine's own services."""


class Role(StrEnum):
    """As whom a process runs: the notebook server, which knows secrets, or the notebook's code."""

    SERVER = "server"
    USER = "user"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the processes of one group may use together; None leaves it to the group above.

    ``cores`` is CPU seconds per second, ``memory_bytes`` includes what lies in /tmp and
    /dev/shm, ``pids`` counts processes and threads.
    """

    cores: float | None = None
    memory_bytes: int | None = None
    pids: int | None = None


@dataclass(frozen=True)
class Bind:
    """A file or directory of the host at a place in the sandbox.

    A read-write bind with an ``owner`` is a directory that is made when absent and given to
    that uid (0700).
    """

    source: Path
    target: str
    owner: int | None = None


@dataclass(frozen=True, kw_only=True)
class Command:
    """A program that the sandbox's init starts.

    With ``restart`` it is started again, later each time, whenever it ends. With ``listen_port``
    the init holds a listening socket on that loopback port for as long as the sandbox lives and
    hands it over as the file descriptor whose number replaces ``{listen}`` in ``argv``: nobody
    else in the sandbox can ever take the port.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    who: Role = Role.USER
    group: str = "front"
    directory: str = "/"
    restart: bool = False
    listen_port: int | None = None


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """What the server may have started as the user: this program only, with this environment."""

    program: str
    env: Mapping[str, str] = field(default_factory=dict)
    group: str = "front"
    directory: str = "/"


@dataclass(frozen=True, kw_only=True)
class SandboxSpec:
    """A sandbox: two users, what they see, what runs, and how much of the machine they get.

    ``directory`` is the session's own on the host, a child of the directory that `sweep` is
    given; in it ``control``, ``etc`` and ``launcher`` belong to the sandbox. Its parents must not
    be writable for session users. ``limits`` names every group; a group ``front/user`` lies
    within ``front``, and processes live in groups without groups below.

    Raises
    ------
    SpecError
        Where the parts contradict each other; the sentence says which.
    """

    name: str
    directory: Path
    server_uid: int
    user_uid: int
    main: Command
    limits: Mapping[str, Limits]
    side: tuple[Command, ...] = ()
    launcher: Launcher | None = None
    read_only: tuple[Bind, ...] = ()
    read_write: tuple[Bind, ...] = ()
    etc: Mapping[str, str] = field(default_factory=dict)
    hostname: str = "aglais"
    tmp_bytes: int = 1 << 30
    shm_bytes: int = 256 << 20
    open_files: int = 65536
    log_bytes: int = 2 << 20
    grace_seconds: float = 10.0

    def __post_init__(self) -> None:
        self._check_names()
        self._check_users()
        for command in (self.main, *self.side):
            self._check_group(command.name, command.group)
        if self.launcher:
            self._check_group("launcher", self.launcher.group)

    def _check_names(self) -> None:
        if not _NAME.fullmatch(self.name) or self.directory.name != self.name:
            raise SpecError(f"the sandbox {self.name!r} needs a plain name, its directory the same")
        if not self.directory.is_absolute():
            raise SpecError(f"the directory {self.directory} of {self.name} is not absolute")
        if wrong := [name for name in self.etc if not _ETC_NAME.fullmatch(name)]:
            raise SpecError(f"no file of /etc can be called {wrong[0]!r}")
        if wrong := [name for name in self.limits if not _GROUP.fullmatch(name) or name == "init"]:
            raise SpecError(f"no group can be called {wrong[0]!r}")
        names = [command.name for command in (self.main, *self.side)]
        if len(set(names)) < len(names) or not all(map(_NAME.fullmatch, names)):
            raise SpecError(f"the commands of {self.name} need plain names, each its own: {names}")

    def _check_users(self) -> None:
        if min(self.server_uid, self.user_uid) < _LOWEST_UID:
            raise SpecError(f"a session user's id is {_LOWEST_UID} or more")
        if self.server_uid == self.user_uid:
            raise SpecError("server and user must differ, or a notebook reads the server's secrets")
        if self.main.who is not Role.SERVER:
            raise SpecError("the main command runs as the server")

    def _check_group(self, who: str, group: str) -> None:
        if group not in self.limits:
            raise SpecError(f"{who} is to run in the group {group!r}, which has no limits")
        if any(other.startswith(f"{group}/") for other in self.limits):
            raise SpecError(f"{who} cannot run in {group!r}: it has groups below")
