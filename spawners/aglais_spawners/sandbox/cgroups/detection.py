"""Which control groups this machine has, and why not more."""

from __future__ import annotations

from pathlib import Path

from aglais_spawners.sandbox.cgroups.base import TOP, Cgroups, NoCgroups
from aglais_spawners.sandbox.cgroups.v1 import CgroupsV1
from aglais_spawners.sandbox.cgroups.v2 import CONTROLLERS, CgroupsV2

__all__ = ["detect"]

_V1_WANTED = ("cpu", "cpuacct", "memory", "pids")
_V1_LIMITS = ("cpu", "memory", "pids")


def detect(mounts: Path = Path("/proc/self/mounts")) -> Cgroups:
    """Return the best that works here, tried out by making the group ``aglais``.

    Version 1 is taken when its controllers are mounted, since version 2 then lacks them.
    """
    version_2, version_1 = _mounted(mounts)
    reasons = []
    for candidate in (_version_2(version_2), _version_1(version_1)):
        if isinstance(candidate, str):
            reasons.append(candidate)
            continue
        refusal = _refusal(candidate)
        if refusal is None:
            return candidate
        reasons.append(refusal)
    return NoCgroups("; ".join(reasons))


def _mounted(mounts: Path) -> tuple[Path | None, dict[str, Path]]:
    version_2: Path | None = None
    version_1: dict[str, Path] = {}
    for line in mounts.read_text("utf-8").splitlines():
        _, target, kind, options, *_ = line.split(" ")
        if kind == "cgroup2":
            version_2 = Path(target)
        if kind == "cgroup":
            found = set(_V1_WANTED) & set(options.split(","))
            version_1 |= {name: Path(target) for name in found}
    return version_2, version_1


def _version_2(mount: Path | None) -> Cgroups | str:
    if mount is None:
        return "cgroup version 2 is not mounted"
    available = (mount / "cgroup.controllers").read_text("ascii").split()
    if missing := [name for name in CONTROLLERS if name not in available]:
        return f"cgroup version 2 lacks {', '.join(missing)}"
    return CgroupsV2(dict.fromkeys(CONTROLLERS, mount), f"cgroup version 2 at {mount}")


def _version_1(mounts: dict[str, Path]) -> Cgroups | str:
    if not mounts:
        return "cgroup version 1 is not mounted"
    missing = [name for name in _V1_LIMITS if name not in mounts]
    lacks = f", without limits for {', '.join(missing)}" if missing else ""
    return CgroupsV1(mounts, f"cgroup version 1 at {next(iter(mounts.values())).parent}{lacks}")


def _refusal(cgroups: Cgroups) -> str | None:
    """Return why the top group cannot be made, or None if it can.

    In a container whose root group holds processes, version 2 refuses to hand controllers down.
    """
    try:
        for hierarchy in cgroups.hierarchies:
            (hierarchy / TOP).mkdir(exist_ok=True)
            if cgroups.kind == "v2":
                wanted = " ".join(f"+{name}" for name in CONTROLLERS)
                (hierarchy / "cgroup.subtree_control").write_text(wanted, "ascii")
    except OSError as error:
        return f"{cgroups.reason} cannot be used: {error.strerror}"
    return None
