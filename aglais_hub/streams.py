"""Files that are made while they are read."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

__all__ = ["Download"]


@dataclass(frozen=True)
class Download:
    """A file that somebody gets; an exception from `pieces` means that it is not whole."""

    file_name: str
    pieces: AsyncGenerator[bytes, None]
