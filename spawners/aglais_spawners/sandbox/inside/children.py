"""The processes of the sandbox, and the waiting for them that falls to process 1."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .privileges import Identity

__all__ = ["Child", "Children"]

_PATH = "/usr/local/bin:/usr/bin:/bin"
_TMP = "/tmp"  # noqa: S108 - the sandbox's own
_SIGNAL_BASE = 128
"""A process ended by signal n has the exit code 128 + n, as in a shell."""


@dataclass(frozen=True)
class Child:
    """A started process; it leads a process group of its own."""

    pid: int
    exited: asyncio.Future[int]

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and what it started, if any of it is left."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    async def end(self, grace: float) -> int:
        """Ask the group to end, insist after ``grace`` seconds; return the exit code."""
        self.signal_group(signal.SIGTERM)
        await asyncio.wait([self.exited], timeout=grace)
        self.signal_group(signal.SIGKILL)
        return await self.exited


class Children:
    """Starts processes and learns of their ends."""

    def __init__(self) -> None:
        self._running: dict[int, Child] = {}
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def start(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        identity: Identity,
        directory: str,
        output: int,
        listening: int | None = None,
    ) -> Child:
        """Start ``argv``, writing to the descriptor ``output``, which stays the caller's.

        Raises
        ------
        OSError
            There is no such program or directory, or no room for a process.
        """
        process = subprocess.Popen(
            [argument.replace("{listen}", str(listening)) for argument in argv],
            env={"PATH": _PATH, "LANG": "C.UTF-8", "TMPDIR": _TMP, "HOME": _TMP, **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=() if listening is None else (listening,),
            # Between fork and exec of a process without threads this is safe.
            preexec_fn=identity.entering(directory),
        )
        process.returncode = 0  # waiting is _reap's; subprocess must not do it as well
        child = Child(process.pid, asyncio.get_running_loop().create_future())
        self._running[child.pid] = child
        return child

    async def end_all(self, grace: float) -> None:
        """Ask every process to end; what is left after ``grace`` seconds goes with the sandbox."""
        for child in self._running.values():
            child.signal_group(signal.SIGTERM)
        if exits := [child.exited for child in self._running.values()]:
            await asyncio.wait(exits, timeout=grace)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if child := self._running.pop(pid, None):
                code = os.waitstatus_to_exitcode(status)
                child.exited.set_result(code if code >= 0 else _SIGNAL_BASE - code)
