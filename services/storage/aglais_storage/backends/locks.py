"""A lock for each space that holds between threads and processes, and ends with who holds it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from contextvars import ContextVar
from pathlib import Path

from aglais_storage.errors import SpaceBusyError

__all__ = ["SpaceLock", "run"]

HELD: ContextVar[tuple[int, ...]] = ContextVar("held", default=())
"""Locks that this task holds; commands inherit them."""

PAUSE_SECONDS = 0.01
COMMAND_SECONDS = 120
"""Longest time for one command; checking a large file system is the slowest."""


class SpaceLock:
    """Lock of one space; the kernel frees it when its holder and the holder's commands end."""

    def __init__(self, folder: Path, identifier: str) -> None:
        self.path = folder / identifier
        self._fd = -1

    def acquire(self, wait_seconds: float) -> None:
        """Wait for the lock.

        Raises
        ------
        SpaceBusyError
            Another one still holds it.
        """
        deadline = time.monotonic() + wait_seconds
        while not self._try():
            if time.monotonic() >= deadline:
                raise SpaceBusyError("This space is being worked on just now.", retry_after=5)
            time.sleep(PAUSE_SECONDS)

    def _try(self) -> bool:
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who held it before may have removed the file meanwhile: then it locks nobody out.
            if os.path.samestat(os.fstat(fd), self.path.stat()):
                self._fd = fd
                return True
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(fd)
        return False

    def mark_held(self) -> None:
        """Let the commands of this task inherit the lock, so that it outlives a killed process.

        Otherwise a successor could start while an orphaned mount is still at work.
        """
        HELD.set((self._fd,))

    def release(self, *, forget: bool) -> None:
        """Give it back; `forget` removes its file, when the space is gone."""
        HELD.set(())
        if forget:
            self.path.unlink(missing_ok=True)
        os.close(self._fd)


def run(*command: str, accept: tuple[int, ...] = (0,)) -> str:
    """Run a command of the system and return what it said.

    Raises
    ------
    subprocess.CalledProcessError, subprocess.TimeoutExpired
        It failed.
    """
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
        pass_fds=HELD.get(),
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
    )
    if done.returncode not in accept:
        raise subprocess.CalledProcessError(
            done.returncode, command, output=done.stdout, stderr=done.stderr
        )
    return done.stdout
