"""Version 1: a hierarchy for each controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aglais_spawners.sandbox.cgroups.base import PERIOD_US, Cgroups, GroupUsage, Setting, quota_us

if TYPE_CHECKING:
    from aglais_spawners.sandbox.spec import Limits

__all__ = ["CgroupsV1"]


class CgroupsV1(Cgroups):
    """Memory, cpu and pids where each is mounted; cpuacct counts CPU time."""

    kind = "v1"

    def settings(self, limits: Limits) -> list[Setting]:
        """Return the values; memory and swap together are capped where swap is counted."""
        settings = []
        if limits.cores is not None:
            settings += [
                Setting("cpu", "cpu.cfs_period_us", str(PERIOD_US)),
                Setting("cpu", "cpu.cfs_quota_us", str(quota_us(limits.cores))),
            ]
        if limits.memory_bytes is not None:
            size = str(limits.memory_bytes)
            settings += [
                Setting("memory", "memory.limit_in_bytes", size),
                Setting("memory", "memory.memsw.limit_in_bytes", size, is_optional=True),
            ]
        if limits.pids is not None:
            settings.append(Setting("pids", "pids.max", str(limits.pids)))
        return settings

    def usage(self, session: str, group: str) -> GroupUsage:
        """Return what a group uses; version 1 counts OOM kills without those of groups below."""
        used = self.number("memory", session, group, "memory.usage_in_bytes")
        cache = self.number("memory", session, group, "memory.stat", "total_inactive_file")
        return GroupUsage(
            memory_bytes=max(0, used - cache),
            cpu_seconds=self.number("cpuacct", session, group, "cpuacct.usage") / 1e9,
            pids=self.number("pids", session, group, "pids.current"),
            oom_kills=self.number("memory", session, group, "memory.oom_control", "oom_kill"),
        )
