"""Sandboxes on this host: start, watch, stop, and sweep up after a crash."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from aglais_spawners.sandbox.cgroups import Cgroups, GroupUsage, detect
from aglais_spawners.sandbox.ending import end_sandbox, sweep_root
from aglais_spawners.sandbox.errors import SandboxError
from aglais_spawners.sandbox.layout import Layout
from aglais_spawners.sandbox.starting import check_host, launch, reap_monitors

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from aglais_spawners.sandbox.record import SandboxRecord
    from aglais_spawners.sandbox.spec import SandboxSpec

__all__ = ["LOST", "SandboxHost"]

LOST = 137
"""The exit code of a sandbox that ended without saying its own: it was killed, or the power cut."""


class SandboxHost:
    """Makes sandboxes and ends them; knows nothing that a record does not say.

    Slow work is done in threads: the hub's event loop never waits for it.
    """

    def __init__(self, cgroups: Cgroups | None = None) -> None:
        if cgroups is not None:
            self.cgroups = cgroups

    @cached_property
    def cgroups(self) -> Cgroups:
        """The control groups of this host; ``kind`` and ``reason`` are for status pages."""
        return detect()

    async def start(self, spec: SandboxSpec) -> SandboxRecord:
        """Start a sandbox; return once its main command runs.

        A start that fails or is cancelled leaves no process and no control group; the directory
        stays, with what was said in ``control/start.log``.

        Raises
        ------
        SandboxError
            With a sentence for the administrator.
        """
        starting = asyncio.ensure_future(asyncio.to_thread(launch, spec, self.cgroups))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            with suppress(SandboxError):
                await starting
            await self._end(spec.directory, keep_directory=True)
            raise
        except SandboxError as error:
            if error.code != "sandbox-exists":
                await self._end(spec.directory, keep_directory=True)
            raise

    def poll(self, record: SandboxRecord) -> int | None:
        """Return None while the sandbox runs, then its main command's exit code, or `LOST`."""
        reap_monitors()
        if record.init.is_running:
            return None
        with suppress(OSError, ValueError):
            return int(record.layout.exit_code.read_text("ascii"))
        return LOST

    async def stop(
        self, record: SandboxRecord, *, grace: float = 15.0, keep_directory: bool = False
    ) -> None:
        """Ask a sandbox to end, insist after ``grace`` seconds, remove all that was its.

        The init's own grace (of the specification) ends the session's processes before that.

        Raises
        ------
        SandboxError
            Something does not end or cannot be removed; `stop` and `sweep` can be tried again.
        """
        record.init.signal(signal.SIGTERM)
        await record.init.ended(grace)
        await self._end(Path(record.directory), keep_directory=keep_directory)

    def usage(self, record: SandboxRecord) -> dict[str, GroupUsage]:
        """Return what each group uses now; empty where there are no control groups."""
        if self.cgroups.kind != record.cgroup_kind or record.cgroup_kind == "none":
            return {}
        name = record.layout.group_name
        return {group: self.cgroups.usage(name, group) for group in record.group_paths}

    async def end(self, directory: Path) -> None:
        """End and remove the sandbox of a directory of which no record was kept."""
        await self._end(directory, keep_directory=False)

    async def sweep(self, root: Path, keep: AbstractSet[str]) -> set[str]:
        """End and remove every sandbox below ``root`` whose name is not in ``keep``.

        Everything in ``root`` is a session's directory or refuse. It can be killed anywhere and
        run again.

        Returns
        -------
        set of str
            The names of what was there and is gone.

        Raises
        ------
        SandboxError
            After all that could be removed is, naming what could not.
        """
        check_host()
        return await asyncio.to_thread(sweep_root, root, keep, self.cgroups)

    async def _end(self, directory: Path, *, keep_directory: bool) -> None:
        await asyncio.to_thread(
            end_sandbox, Layout(directory), self.cgroups, keep_directory=keep_directory
        )
