"""Version 2: one hierarchy, in which a group hands controllers down to the groups below."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from aglais_spawners.sandbox.cgroups.base import PERIOD_US, Cgroups, GroupUsage, Setting, quota_us

if TYPE_CHECKING:
    from pathlib import Path

    from aglais_spawners.sandbox.spec import Limits

__all__ = ["CONTROLLERS", "CgroupsV2"]

CONTROLLERS = ("cpu", "memory", "pids")


class CgroupsV2(Cgroups):
    """All limits in one tree.

    memory.oom.group stays off: in ``front`` it would take the server with a greedy notebook, and
    a Spark worker starts a killed executor again by itself.
    """

    kind = "v2"

    def settings(self, limits: Limits) -> list[Setting]:
        """Return the values; no swap at all where swap is counted."""
        settings = []
        if limits.cores is not None:
            settings.append(Setting("cpu", "cpu.max", f"{quota_us(limits.cores)} {PERIOD_US}"))
        if limits.memory_bytes is not None:
            settings += [
                Setting("memory", "memory.max", str(limits.memory_bytes)),
                Setting("memory", "memory.swap.max", "0", is_optional=True),
            ]
        if limits.pids is not None:
            settings.append(Setting("pids", "pids.max", str(limits.pids)))
        return settings

    def usage(self, session: str, group: str) -> GroupUsage:
        """Return what a group and the groups below use."""
        used = self.number("memory", session, group, "memory.current")
        cache = self.number("memory", session, group, "memory.stat", "inactive_file")
        return GroupUsage(
            memory_bytes=max(0, used - cache),
            cpu_seconds=self.number("cpu", session, group, "cpu.stat", "usage_usec") / 1e6,
            pids=self.number("pids", session, group, "pids.current"),
            oom_kills=self.number("memory", session, group, "memory.events", "oom_kill"),
        )

    def _make(self, folder: Path) -> None:
        """Hand the controllers down from the root to ``folder``."""
        root = self.hierarchies[0]
        wanted = " ".join(f"+{name}" for name in self.controllers)
        folder.mkdir(parents=True, exist_ok=True)
        for parent in reversed(folder.relative_to(root).parents):
            (root / parent / "cgroup.subtree_control").write_text(wanted, "ascii")

    def kill(self, folder: Path) -> None:
        """Kill a whole tree at once, forks in flight included; one by one before Linux 5.14."""
        with suppress(OSError):
            if (folder / "cgroup.kill").exists():
                (folder / "cgroup.kill").write_text("1", "ascii")
                return
        super().kill(folder)
