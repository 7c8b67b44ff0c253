"""Child processes of the platform: started, watched, ended; none outlives its parent."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Child", "end_with_parent"]

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a child that died is started again; doubled each time."""

STEADY_SECONDS = 60
"""A child that lived as long as this is taken to be well."""


def end_with_parent(parent: int | None = None) -> None:
    """Ask the kernel for SIGTERM when the parent is gone, however it went.

    Parameters
    ----------
    parent
        Process id that the parent has, or had: it may be gone already.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent is not None and os.getppid() != parent:
        raise SystemExit("the process that started this one is gone")


@dataclass
class Child:
    """A process that is kept running until it is ended.

    Parameters
    ----------
    name
        For people.
    command, environment
        What to run; the environment is complete.
    log_path
        File that its output is appended to.
    grace
        Seconds between SIGTERM and SIGKILL.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log_path: Path
    grace: float = 30
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    _ending: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep_running(self) -> None:
        """Run it, and again when it dies, until `end` is called."""
        pause = FIRST_PAUSE
        while not self._ending.is_set():
            lived = await self._run_once()
            if self._ending.is_set():
                return
            log.warning("%s ended after %.0f s; it is started again", self.name, lived)
            pause = FIRST_PAUSE if lived > STEADY_SECONDS else min(2 * pause, LONGEST_PAUSE)
            await asyncio.wait([asyncio.create_task(self._ending.wait())], timeout=pause)

    async def _run_once(self) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        with self.log_path.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env=dict(self.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Its own session: Ctrl-C reaches the supervisor only, which ends all in order.
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        self.starts += 1
        await self.process.wait()
        return loop.time() - began

    async def end(self) -> None:
        """End it, kindly first."""
        self._ending.set()
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self.grace)
        except TimeoutError:
            log.warning("%s did not end in %.0f s and is killed", self.name, self.grace)
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
