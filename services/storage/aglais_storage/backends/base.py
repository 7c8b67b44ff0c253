"""What every way to keep spaces does: four verbs, each of which can be killed and repeated."""

from __future__ import annotations

import os
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from aglais_hub.models.storage import SpaceUsage
from aglais_storage.errors import SpaceLostError, StorageFullError

__all__ = ["LOCKS", "Plan", "SpaceBackend"]

ID_PATTERN = re.compile(r"space-[0-9a-f]{24}")
"""What a space's files are named by; anything else in the root is not ours."""


LOCKS = "locks"
"""Folder of the root for the lock files of spaces."""


@dataclass(frozen=True)
class Plan:
    """How a space is to be."""

    id: str
    quota_bytes: int
    quota_files: int
    owner_uid: int
    may_be_missing: bool = True
    """Whether it may have to be made; where one that held data is missing, a new one would
    only hide the loss."""


class SpaceBackend(ABC):
    """Keeps spaces below one directory.

    Its methods block; they are called in threads, one at a time for each space.

    Parameters
    ----------
    root
        The directory.
    reserve_bytes
        Least free bytes that a new space leaves on its disk.
    notice
        Told the name of every step before it is done, so that a test can end the process there.
    """

    name: ClassVar[str]
    enforcement: ClassVar[str]
    folders: ClassVar[tuple[str, ...]]
    """Folders of the root that hold things named by spaces."""
    steps: ClassVar[tuple[str, ...]]
    """All that `notice` is told."""

    def __init__(
        self, root: Path, reserve_bytes: int, notice: Callable[[str], None] = lambda _step: None
    ) -> None:
        self.root = root
        self.reserve_bytes = reserve_bytes
        self.notice = notice
        for folder in (*self.folders, LOCKS):
            (root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)

    @abstractmethod
    def path(self, identifier: str) -> Path:
        """Return the directory that the owner works in."""

    @abstractmethod
    def settle(self, plan: Plan) -> None:
        """Make a space as it is planned: new, or of another size, or after a crash or reboot.

        Raises
        ------
        StorageFullError
            The disk would be too full.
        QuotaBelowUsageError
            There is more in it than the plan allows.
        Unavailable
            The system refused something.
        """

    @abstractmethod
    def present(self) -> set[str]:
        """Return the ids of all spaces that their owners can work in now."""

    def require_maker(self, plan: Plan) -> None:
        """Refuse to make anew what held data.

        Raises
        ------
        SpaceLostError
            It is missing and must not be.
        """
        if not plan.may_be_missing:
            raise SpaceLostError(
                f"The space {plan.id} is missing on the disk. "
                "An operator has to put it back, or to erase it."
            )

    @abstractmethod
    def measure(self, identifier: str) -> SpaceUsage:
        """Return what is in a space; its own top directory is not counted."""

    @abstractmethod
    def erase(self, identifier: str) -> None:
        """Erase a space and all that is in it; one that is gone already is fine.

        Raises
        ------
        SpaceBusyError
            Somebody writes faster than it can be erased; the next call goes on.
        """

    def park(self) -> None:  # noqa: B027 (directories hold nothing of the machine)
        """Let go of all spaces that nobody works in; `settle` takes them up again."""

    def strays(self, age_seconds: float) -> set[str]:
        """Return the ids of all that is here and was not touched for so long."""
        latest = time.time() - age_seconds
        return {
            found.group()
            for folder in (*self.folders, LOCKS)
            for entry in os.scandir(self.root / folder)
            if (found := ID_PATTERN.match(entry.name))
            # Times of change, unlike those of modification, cannot be set by an owner.
            and entry.stat(follow_symlinks=False).st_ctime <= latest
        }

    def require_room(self, needed_bytes: int) -> None:
        """Refuse to fill the disk further than to the reserve."""
        disk = os.statvfs(self.root)
        if disk.f_bavail * disk.f_frsize < self.reserve_bytes + needed_bytes:
            raise StorageFullError
