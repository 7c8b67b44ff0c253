"""What a child does between fork and exec: join its groups, leave root behind."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Identity"]

_PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 23, 24, 38
"""From linux/prctl.h."""
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """Who a process is: its uid, how readily it is killed for memory, what it costs to whom."""

    uid: int
    oom_score: int
    group_fds: tuple[int, ...]

    def entering(self, directory: str) -> Callable[[], None]:
        """Return the function for the child to call; it ends as ``uid`` in ``directory``."""

        def enter() -> None:
            os.umask(0o077)
            self._join_groups()
            Path("/proc/self/oom_score_adj").write_text(str(self.oom_score), "ascii")
            _drop_bounding_set()
            os.setgroups([])
            os.setresgid(self.uid, self.uid, self.uid)
            os.setresuid(self.uid, self.uid, self.uid)
            os.chdir(directory)

        return enter

    def _join_groups(self) -> None:
        for fd in self.group_fds:
            os.write(fd, b"0\n")


def _drop_bounding_set() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    capability = 0
    while _LIBC.prctl(_PR_CAPBSET_READ, capability, 0, 0, 0) >= 0:
        _prctl(_PR_CAPBSET_DROP, capability)
        capability += 1


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")
