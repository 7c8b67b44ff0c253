"""Erases a tree that a hostile owner may still be working in.

Nothing is ever reached by a path of more than one step: each directory is opened below the one
before it, without following links. Subdirectories are not descended into but moved up, beside
the top of the tree, in a place that the owner cannot reach. So no depth is too deep, and a
process that is killed leaves a flat heap that the next one goes on with.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from aglais_storage.errors import SpaceBusyError

__all__ = ["erase_heap", "take"]

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
IMMUTABLE, APPEND_ONLY = 0x10, 0x20


def take(path: Path, heap: Path) -> None:
    """Move a tree to a heap; one that is gone is fine."""
    above, below = os.open(path.parent, DIRECTORY), os.open(heap, DIRECTORY)
    try:
        with suppress(FileNotFoundError):
            _to_heap(path.name, above, below)
    finally:
        os.close(above)
        os.close(below)


def _to_heap(name: str, parent: int, heap: int) -> None:
    fresh = uuid4().hex
    _insist(lambda: os.rename(name, fresh, src_dir_fd=parent, dst_dir_fd=heap), name, parent)


def erase_heap(heap: Path, seconds: float) -> None:
    """Erase all that is in a directory, and the directory itself.

    Parameters
    ----------
    heap
        Directory of ours, which no owner can write to.
    seconds
        After so long a time of new files appearing it gives up.

    Raises
    ------
    SpaceBusyError
        It was not done in time.
    """
    try:
        fd = os.open(heap, DIRECTORY)
    except FileNotFoundError:
        return
    deadline = time.monotonic() + seconds
    try:
        while names := os.listdir(fd):  # noqa: PTH208 (of the open directory)
            for name in names:
                _erase_entry(name, fd, fd, deadline)
    finally:
        os.close(fd)
    heap.rmdir()


def _erase_entry(name: str, parent: int, heap: int, deadline: float) -> None:
    """Remove a file; empty a directory that is on the heap, or put it there."""
    if time.monotonic() > deadline:
        raise SpaceBusyError(
            "Somebody still writes to this space; it is erased as soon as that ends.",
            retry_after=10,
        )
    try:
        kind = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
        if not stat.S_ISDIR(kind):
            _insist(lambda: os.unlink(name, dir_fd=parent), name, parent)
        elif parent == heap:
            _empty(name, heap, deadline)
        else:
            _to_heap(name, parent, heap)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return  # The owner was faster; the next look shows what is there now.


def _empty(name: str, heap: int, deadline: float) -> None:
    fd = _open(name, heap)
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                _erase_entry(entry.name, fd, heap, deadline)
    finally:
        os.close(fd)
    try:
        _insist(lambda: os.rmdir(name, dir_fd=heap), name, heap)
    except OSError as failure:
        # Something appeared while it was emptied; the heap is looked through again.
        if failure.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise


def _open(name: str, parent: int) -> int:
    try:
        return os.open(name, DIRECTORY, dir_fd=parent)
    except PermissionError:
        # Not root, and the owner took the permissions away.
        handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY, dir_fd=parent)
        try:
            os.chmod(f"/proc/self/fd/{handle}", 0o700)  # noqa: PTH101 (of the open directory)
        finally:
            os.close(handle)
        return os.open(name, DIRECTORY, dir_fd=parent)


def _insist(act: Callable[[], None], name: str, parent: int) -> None:
    """Act; where that is not permitted, take away what forbids it and act again."""
    try:
        act()
    except PermissionError:
        _unprotect(parent)
        with suppress(OSError):  # A link, a socket: they cannot be protected themselves.
            _unprotect_entry(name, parent)
        act()


def _unprotect_entry(name: str, parent: int) -> None:
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent)
    except PermissionError:
        fd = _open(name, parent)
    try:
        _unprotect(fd)
    finally:
        os.close(fd)


def _unprotect(fd: int) -> None:
    """Take the immutable and append-only flags and read-only modes off an open file."""
    mode = os.fstat(fd).st_mode
    try:
        (flags,) = struct.unpack("I", fcntl.ioctl(fd, FS_IOC_GETFLAGS, b"\0" * 4))
        if flags & (IMMUTABLE | APPEND_ONLY):
            cleared = struct.pack("I", flags & ~(IMMUTABLE | APPEND_ONLY))
            fcntl.ioctl(fd, FS_IOC_SETFLAGS, cleared)
    except OSError:
        pass  # The file system has no such flags, or we may not: the act itself will tell.
    if stat.S_ISDIR(mode) and os.geteuid() != 0:
        os.fchmod(fd, 0o700)
