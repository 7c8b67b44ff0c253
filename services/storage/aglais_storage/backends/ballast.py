"""Files of root in a space's file system that take up whatever it has beyond the quota."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from aglais_hub.models.storage import SpaceUsage
from aglais_storage.errors import QuotaBelowUsageError

__all__ = ["Ballast"]

OWN_INODES = 14
"""Ten that ext4 reserves (the root directory among them), lost+found, the owner's directory,
the ballast's directory, and its file of bytes."""
OWN_BLOCKS = 2
"""The owner's directory while nothing is in it, and a block of the inode that ext4 grows by."""
SECTOR = 512
"""Bytes of what st_blocks counts."""


class Ballast:
    """The ballast of one mounted file system; the owner can neither see nor touch it.

    Parameters
    ----------
    point
        Where the file system is mounted.
    """

    def __init__(self, point: Path) -> None:
        self.point = point
        self.folder = point / ".ballast"
        self._filler = self.folder / "bytes"
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._filler.touch(mode=0o600)

    def used(self) -> SpaceUsage:
        """Return what the owner has in it."""
        state = os.statvfs(self.point)
        taken = (state.f_blocks - state.f_bfree) * state.f_frsize
        inodes = state.f_files - state.f_ffree - OWN_INODES - len(self._names())
        return SpaceUsage(bytes=max(0, taken - self._own_bytes()), files=max(0, inodes))

    def lacking(self, quota_bytes: int, quota_files: int) -> SpaceUsage:
        """Return by how much the file system itself is too small for a quota."""
        state, used = os.statvfs(self.point), self.used()
        room = state.f_bavail * state.f_frsize + self._held() + used.bytes
        inodes = state.f_ffree + len(self._names()) + used.files
        return SpaceUsage(bytes=max(0, quota_bytes - room), files=max(0, quota_files - inodes))

    def adjust(self, quota_bytes: int, quota_files: int) -> None:
        """Take up all but what is left of the quota.

        Raises
        ------
        QuotaBelowUsageError
            The owner has more than the quota, or was faster than we.
        """
        used = self.used()
        if used.bytes > quota_bytes or used.files > quota_files:
            raise QuotaBelowUsageError(
                f"There are {used.bytes} bytes and {used.files} files in this space already."
            )
        try:
            self._adjust_files(quota_files - used.files)
            self._adjust_bytes(quota_bytes - used.bytes)
        except OSError as failure:
            if failure.errno != errno.ENOSPC:
                raise
            raise QuotaBelowUsageError("This space was filled meanwhile.") from failure

    def _adjust_files(self, free: int) -> None:
        names = self._names()
        surplus = os.statvfs(self.point).f_ffree - free
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            first = max(names, default=-1) + 1
            for number in range(first, first + surplus):
                os.mknod(f"{number}", 0o600, dir_fd=folder)
            for number in sorted(names, reverse=True)[: max(0, -surplus)]:
                os.unlink(f"{number}", dir_fd=folder)
        finally:
            os.close(folder)

    def _adjust_bytes(self, free: int) -> None:
        """Change the file of bytes; a second look evens out its own metadata."""
        with self._filler.open("r+b") as filler:
            for _ in range(2):
                state = os.statvfs(self.point)
                block, size = state.f_frsize, os.fstat(filler.fileno()).st_size
                surplus = state.f_bavail - -(-free // block)
                if surplus < 0:
                    filler.truncate(max(0, size + surplus * block))
                elif surplus > 0:
                    os.posix_fallocate(filler.fileno(), size, surplus * block)

    def _names(self) -> list[int]:
        return [int(name) for name in os.listdir(self.folder) if name.isdigit()]  # noqa: PTH208 (thousands of names)

    def _held(self) -> int:
        return self._filler.stat().st_blocks * SECTOR

    def _own_bytes(self) -> int:
        """Return the bytes of all that is not the owner's."""
        ours = (self.point, self.point / "lost+found", self.folder)
        found = (path.lstat().st_blocks for path in ours if path.exists())
        blocks = OWN_BLOCKS * os.statvfs(self.point).f_frsize
        return sum(found) * SECTOR + self._held() + blocks
