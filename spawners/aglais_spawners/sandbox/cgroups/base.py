"""Groups of processes with limits, as trees of directories that the kernel keeps.

Groups lie at ``aglais/<session>/<group>`` in each hierarchy; a group may hold groups.
"""

from __future__ import annotations

import os
import signal
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aglais_spawners.sandbox.errors import CgroupBusyError, CgroupRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aglais_spawners.sandbox.spec import Limits

__all__ = ["PERIOD_US", "TOP", "Cgroups", "GroupUsage", "NoCgroups", "Setting", "quota_us"]

TOP = "aglais"
PERIOD_US = 100_000
"""The span over which the kernel counts a CPU quota; its default."""
_SMALLEST_QUOTA_US = 1000
"""The kernel refuses less."""


@dataclass(frozen=True)
class Setting:
    """A value for a file of one controller; an optional one may be absent from the kernel."""

    controller: str
    file: str
    value: str
    is_optional: bool = False


@dataclass(frozen=True)
class GroupUsage:
    """What a group uses now: memory without the file cache that the kernel can drop at will.

    ``oom_kills`` counts the processes killed since the start because the group's memory was full;
    ``cpu_seconds`` is the time used since the start.
    """

    memory_bytes: int
    cpu_seconds: float
    pids: int
    oom_kills: int


def quota_us(cores: float) -> int:
    """Return the microseconds of CPU time in each period."""
    return max(_SMALLEST_QUOTA_US, round(cores * PERIOD_US))


class Cgroups(ABC):
    """One version of control groups; ``reason`` is a sentence for pages and logs."""

    kind: str

    def __init__(self, controllers: Mapping[str, Path], reason: str) -> None:
        self.controllers = dict(controllers)
        self.reason = reason

    @property
    def hierarchies(self) -> list[Path]:
        """The different trees; several controllers may share one."""
        return sorted(set(self.controllers.values()))

    @abstractmethod
    def settings(self, limits: Limits) -> list[Setting]:
        """Return what to write for ``limits``, in this order."""

    @abstractmethod
    def usage(self, session: str, group: str) -> GroupUsage:
        """Return what a group uses now; zeros for what cannot be counted."""

    def create(self, session: str, limits: Mapping[str, Limits]) -> None:
        """Make a session's groups, parents first.

        Raises
        ------
        CgroupRefusedError
            The kernel refused a group or a limit.
        """
        try:
            for hierarchy in self.hierarchies:
                self._make(hierarchy / TOP / session)
            for group in sorted(limits):
                self._create_group(session, group, limits[group])
        except OSError as error:
            raise CgroupRefusedError(
                f"cgroup {self.kind} refused the limits of {session}: {error}"
            ) from error

    def _create_group(self, session: str, group: str, limits: Limits) -> None:
        for hierarchy in self.hierarchies:
            self._make(hierarchy / TOP / session / group)
        for setting in self.settings(limits):
            if setting.controller in self.controllers:
                self._write(self._folder(setting.controller, session, group), setting)

    def _make(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    @staticmethod
    def _write(folder: Path, setting: Setting) -> None:
        if setting.is_optional and not (folder / setting.file).exists():
            return
        (folder / setting.file).write_text(setting.value, "ascii")

    def _folder(self, controller: str, session: str, group: str) -> Path:
        return self.controllers[controller] / TOP / session / group

    def number(self, controller: str, session: str, group: str, file: str, key: str = "") -> int:
        """Return a number from a file, or from its line ``key number``; 0 if there is none."""
        if controller not in self.controllers:
            return 0
        with suppress(OSError, ValueError):
            text = (self._folder(controller, session, group) / file).read_text("ascii")
            if not key:
                return int(text)
            return next(
                (int(line.split()[1]) for line in text.splitlines() if line.split()[0] == key), 0
            )
        return 0

    def process_files(self, session: str, group: str) -> list[Path]:
        """Return the files that a process writes 0 to in order to join a group."""
        return [top / TOP / session / group / "cgroup.procs" for top in self.hierarchies]

    def sessions(self, prefix: str) -> set[str]:
        """Return the sessions that have groups and whose names begin with ``prefix``."""
        tops = [top / TOP for top in self.hierarchies if (top / TOP).is_dir()]
        return {folder.name for top in tops for folder in top.glob(f"{prefix}*") if folder.is_dir()}

    def remove(self, session: str, *, patience: float = 5.0) -> None:
        """Kill what is left in a session's groups and remove them; absent ones are fine.

        Raises
        ------
        CgroupBusyError
            Something in them does not die within ``patience`` seconds.
        """
        deadline = time.monotonic() + patience
        trees = [top / TOP / session for top in self.hierarchies]
        while trees := [tree for tree in trees if not self._remove_tree(tree)]:
            if time.monotonic() > deadline:
                raise CgroupBusyError(f"the control groups of {session} hold undying processes")
            time.sleep(0.02)

    def _remove_tree(self, folder: Path) -> bool:
        self.kill(folder)
        for path in _deepest_first(folder):
            try:
                path.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                return False
        return True

    def kill(self, folder: Path) -> None:
        """Kill every process of a group and of those within it."""
        for path in _deepest_first(folder):
            with suppress(OSError):
                for pid in (path / "cgroup.procs").read_text("ascii").split():
                    with suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)


class NoCgroups(Cgroups):
    """Limits nothing: what remains are the settings of the JVM and of Spark."""

    kind = "none"

    def __init__(self, reason: str) -> None:
        super().__init__({}, reason)

    def settings(self, limits: Limits) -> list[Setting]:
        """Return nothing."""
        return []

    def usage(self, session: str, group: str) -> GroupUsage:
        """Return zeros."""
        return GroupUsage(0, 0.0, 0, 0)


def _deepest_first(folder: Path) -> Iterator[Path]:
    for path, _, _ in os.walk(folder, topdown=False):
        yield Path(path)
