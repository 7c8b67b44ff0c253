"""Ends what a sandbox left, found by its marks alone: no record is needed."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from aglais_spawners.sandbox.errors import SandboxError, StopError
from aglais_spawners.sandbox.layout import Layout, hub_prefix
from aglais_spawners.sandbox.processes import marked_processes
from aglais_spawners.sandbox.removal import remove_directory
from aglais_spawners.sandbox.starting import reap_monitors

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from aglais_spawners.sandbox.cgroups import Cgroups

__all__ = ["end_sandbox", "sweep_root"]

_KILL_SECONDS = 5.0


def end_sandbox(layout: Layout, cgroups: Cgroups, *, keep_directory: bool) -> None:
    """Kill a sandbox's processes, then remove its control groups, then its directory.

    In this order what is left always names what is still to be removed.

    Raises
    ------
    SandboxError
        Something does not end or cannot be removed.
    """
    _kill_marked(layout)
    cgroups.remove(layout.group_name)
    if not keep_directory:
        remove_directory(layout.directory)


def _kill_marked(layout: Layout) -> None:
    """Kill the init, and with it its pid namespace, and bubblewrap around it."""
    deadline = time.monotonic() + _KILL_SECONDS
    while marked := [p for mark, p in marked_processes(layout.marker) if mark == layout.marker]:
        for process in marked:
            process.signal(signal.SIGKILL)
        for process in marked:
            process.wait(max(0.0, deadline - time.monotonic()))
        if time.monotonic() > deadline:
            raise StopError(f"process {marked[0].pid} of {layout.directory.name} does not die")
    reap_monitors()


def sweep_root(root: Path, keep: AbstractSet[str], cgroups: Cgroups) -> set[str]:
    """End every sandbox below ``root`` that is not in ``keep``; see `SandboxHost.sweep`."""
    swept, failures = set(), []
    for name in sorted(_names(root, cgroups) - keep):
        try:
            end_sandbox(Layout(root / name), cgroups, keep_directory=False)
            swept.add(name)
        except SandboxError as error:
            failures.append(f"{name}: {error}")
    if failures:
        raise SandboxError("; ".join(failures))
    return swept


def _names(root: Path, cgroups: Cgroups) -> set[str]:
    prefix = hub_prefix(root)
    mark = Layout(root / "x").marker.removesuffix("x")
    names = {entry.name for entry in root.iterdir()} if root.is_dir() else set()
    names |= {session.removeprefix(prefix) for session in cgroups.sessions(prefix)}
    return names | {argument.removeprefix(mark) for argument, _ in marked_processes(mark)}
