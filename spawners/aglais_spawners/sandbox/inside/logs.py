"""Log files that never outgrow their bound."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LogFile"]


class LogFile:
    """A file and its predecessor ``.1``, together at most ``bound`` bytes.

    A full disk loses lines, never the session.
    """

    def __init__(self, path: Path, bound: int) -> None:
        self._path = path
        self._half = max(bound // 2, 1)
        self._file = path.open("ab", buffering=0)
        self._size = os.fstat(self._file.fileno()).st_size

    def write(self, text: bytes) -> None:
        """Append ``text``, or its end if it alone is more than half the bound."""
        text = text[-self._half :]
        with suppress(OSError):
            if self._size + len(text) > self._half:
                self._turn()
            self._size += self._file.write(text)

    def line(self, text: str) -> None:
        """Append a line of the init's own."""
        self.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {text}\n".encode())

    def _turn(self) -> None:
        self._file.close()
        self._path.replace(self._path.with_name(self._path.name + ".1"))
        self._file = self._path.open("ab", buffering=0)
        self._size = 0
