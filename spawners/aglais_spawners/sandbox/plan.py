"""What the init inside a sandbox is to do, as JSON that only it reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aglais_spawners.sandbox.arguments import OOM_SCORE
from aglais_spawners.sandbox.layout import INSIDE_CONTROL, INSIDE_LAUNCHER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aglais_spawners.sandbox.spec import Command, Launcher, SandboxSpec

__all__ = ["INIT_GROUP", "LAUNCHER_SOCKET", "init_plan"]

INIT_GROUP = "init"
"""The group of the init itself, without limits, so that no notebook can starve it."""

LAUNCHER_SOCKET = f"{INSIDE_LAUNCHER}/launcher.sock"


def init_plan(spec: SandboxSpec, *, groups: Mapping[str, list[int]], ready_fd: int) -> bytes:
    """Return the plan; ``groups`` holds descriptors of each group's cgroup.procs files."""
    plan = {
        "uids": {"server": spec.server_uid, "user": spec.user_uid},
        "groups": {name: groups.get(name, []) for name in (INIT_GROUP, *spec.limits)},
        "ready_fd": ready_fd,
        "exit_code": f"{INSIDE_CONTROL}/exit",
        "logs": f"{INSIDE_CONTROL}/logs",
        "log_bytes": spec.log_bytes,
        "oom_score": OOM_SCORE,
        "grace_seconds": spec.grace_seconds,
        "main": _command(spec.main, spec.launcher),
        "side": [_command(side, None) for side in spec.side],
        "launcher": spec.launcher and _launcher(spec.launcher),
    }
    return json.dumps(plan).encode()


def _command(command: Command, launcher: Launcher | None) -> dict[str, Any]:
    env = {"AGLAIS_LAUNCHER": LAUNCHER_SOCKET} if launcher else {}
    return {
        "name": command.name,
        "argv": list(command.argv),
        "env": {**env, **command.env},
        "who": command.who.value,
        "group": command.group,
        "directory": command.directory,
        "restart": command.restart,
        "listen_port": command.listen_port,
    }


def _launcher(launcher: Launcher) -> dict[str, Any]:
    return {
        "socket": LAUNCHER_SOCKET,
        "program": launcher.program,
        "env": dict(launcher.env),
        "group": launcher.group,
        "directory": launcher.directory,
    }
