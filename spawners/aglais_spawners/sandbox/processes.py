"""Processes of the host, told apart even when a pid is used again."""

from __future__ import annotations

import asyncio
import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Process", "marked_processes"]

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process: its pid, when it started (clock ticks since boot), and the boot."""

    pid: int
    started: int
    boot: str

    @classmethod
    def find(cls, pid: int) -> Process | None:
        """Return the process that has this pid now."""
        started = _started(pid)
        return None if started is None else cls(pid, started, _boot())

    @property
    def is_running(self) -> bool:
        """True while it runs; a zombie does not."""
        return self.boot == _boot() and _started(self.pid) == self.started

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this process and never to a later one of the same pid."""
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(self.pid)
            try:
                if self.is_running:
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)

    async def ended(self, within: float) -> None:
        """Return when it has ended, or after ``within`` seconds."""
        seen = asyncio.Event()
        with suppress(ProcessLookupError, TimeoutError):
            handle = os.pidfd_open(self.pid)
            loop = asyncio.get_running_loop()
            loop.add_reader(handle, seen.set)
            try:
                if self.is_running:
                    await asyncio.wait_for(seen.wait(), within)
            finally:
                loop.remove_reader(handle)
                os.close(handle)

    def wait(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds for its end; True if it has ended."""
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(self.pid)
            try:
                if self.is_running:
                    poll = select.poll()  # select() stops at descriptor 1024
                    poll.register(handle, select.POLLIN)
                    poll.poll(timeout * 1000)
            finally:
                os.close(handle)
        return not self.is_running


def marked_processes(prefix: str) -> list[tuple[str, Process]]:
    """Return root's processes with an argument that begins with ``prefix``, and that argument.

    Only root's, so that a session can neither hide behind another's mark nor bear it.
    """
    found = []
    for entry in _PROC.iterdir():
        argument = _argument(entry, prefix) if entry.name.isdecimal() else None
        if argument and (process := Process.find(int(entry.name))):
            found.append((argument, process))
    return found


def _argument(entry: Path, prefix: str) -> str | None:
    with suppress(OSError):
        if entry.stat().st_uid != 0:
            return None
        arguments = (entry / "cmdline").read_bytes().split(b"\0")
        return next((os.fsdecode(a) for a in arguments if os.fsdecode(a).startswith(prefix)), None)
    return None


def _started(pid: int) -> int | None:
    """Return field 22 of /proc/PID/stat, or None if the process is gone or a zombie."""
    with suppress(OSError):
        # The name in parentheses may itself hold spaces and parentheses.
        state, *fields = (
            (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        )
        return None if state in "ZX" else int(fields[18])
    return None


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
