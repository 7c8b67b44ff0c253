"""A tree as a tar file, made while it is read; its owner may be working in it meanwhile.

Nothing is reached by a path of more than one step, and no link is followed: what the owner
moves or swaps while it is read leads nowhere else. Memory is bounded: a file is read in pieces,
and so is a directory; holes in files stay holes.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["END_MARKS", "SpaceTar"]

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
BLOCK = tarfile.BLOCKSIZE
PIECE = 2**18
"""Bytes that are made at once."""
END_MARKS = bytes(2 * BLOCK)
DEPTH = 100
"""Directories in directories: each that is open needs a file descriptor."""
LINKS = 100_000
"""Files of several names that are remembered; more are copied once for each name."""
EXTENTS = 100_000
"""Parts of a file between its holes that are kept apart; what follows is read as it is."""
TOLD = 1000
"""Paths in the list of what is not in the archive as it was."""
LATEST = 8**11 - 1

VANISHED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
"""The owner was faster: it is not there any more, or it is something else."""


@dataclass
class Tally:
    """What went into an archive, and what did not."""

    files: int = 0
    directories: int = 0
    links: int = 0
    bytes: int = 0
    left_out: int = 0
    changed: int = 0
    paths: list[dict[str, str]] = field(default_factory=list)

    def leave_out(self, path: str, why: str) -> None:
        """Note that something is not in the archive."""
        self.left_out += 1
        self._tell(path, why)

    def note_change(self, path: str) -> None:
        """Note that a file was written to while it was read."""
        self.changed += 1
        self._tell(path, "it changed while it was read")

    def _tell(self, path: str, why: str) -> None:
        if len(self.paths) < TOLD:
            self.paths.append({"path": path, "why": why})


class SpaceTar:
    """Yields a tar file in pieces, without its last member and its end marks.

    Parameters
    ----------
    top
        Directory whose contents it is.
    place
        What the names of its members begin with, such as ``spaces/temp``; the last member
        is named so, too, with ``.json``.
    about
        What the last member says besides.
    """

    def __init__(self, top: Path, place: str, about: dict[str, Any]) -> None:
        self.top, self.place, self.about = top, place, about
        self.tally = Tally()
        self._device = 0
        self._links: dict[int, str] = {}

    def __iter__(self) -> Iterator[bytes]:
        """Yield its pieces, of about the same size."""
        gathered = bytearray()
        for part in self._parts():
            gathered += part
            if len(gathered) >= PIECE:
                yield bytes(gathered)
                gathered.clear()
        yield bytes(gathered)

    def _parts(self) -> Iterator[bytes]:
        fd = os.open(self.top, DIRECTORY)
        try:
            info = os.fstat(fd)
            self._device = info.st_dev
            yield _header(self.place, info, tarfile.DIRTYPE)
            yield from self._directory(fd, self.place, 1)
        finally:
            os.close(fd)

    def last_member(self) -> bytes:
        """Return what comes last, when all has been read: it says what is in the file."""
        content = json.dumps({**self.about, **vars(self.tally)}, indent=1).encode() + b"\n"
        member = tarfile.TarInfo(f"{self.place}.json")
        member.size, member.mode = len(content), 0o644
        return _encoded(member) + content + _padding(len(content))

    def _directory(self, fd: int, path: str, depth: int) -> Iterator[bytes]:
        inner = []
        with os.scandir(fd) as entries:
            for entry in entries:
                with self._told(f"{path}/{entry.name}"):
                    if entry.is_dir(follow_symlinks=False):
                        inner.append(entry.name)
                    else:
                        yield from self._entry(fd, entry.name, f"{path}/{entry.name}")
        for name in inner:
            with self._told(f"{path}/{name}"):
                yield from self._inner(fd, name, f"{path}/{name}", depth)

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        """Go on where only this one thing cannot be read; a broken disk ends all of it."""
        try:
            yield
        except OSError as failure:
            if failure.errno in {errno.EACCES, errno.EPERM}:
                self.tally.leave_out(path, "it may not be read")
            elif failure.errno not in VANISHED:
                raise

    def _inner(self, parent: int, name: str, path: str, depth: int) -> Iterator[bytes]:
        fd = os.open(name, DIRECTORY, dir_fd=parent)
        try:
            info = os.fstat(fd)
            if info.st_dev != self._device:
                self.tally.leave_out(path, "it is another file system")
                return
            self.tally.directories += 1
            yield _header(path, info, tarfile.DIRTYPE)
            if depth < DEPTH:
                yield from self._directory(fd, path, depth + 1)
            else:
                self.tally.leave_out(path, f"what is in it is more than {DEPTH} directories deep")
        finally:
            os.close(fd)

    def _entry(self, parent: int, name: str, path: str) -> Iterator[bytes]:
        info = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if stat.S_ISLNK(info.st_mode):
            target = os.readlink(name, dir_fd=parent)
            self.tally.links += 1
            yield _header(path, info, tarfile.SYMTYPE, target)
        elif stat.S_ISREG(info.st_mode):
            yield from self._file(parent, name, path)
        else:
            self.tally.leave_out(path, "it is a device, a socket or a pipe")

    def _file(self, parent: int, name: str, path: str) -> Iterator[bytes]:
        fd = os.open(name, FILE, dir_fd=parent)
        try:
            info = os.fstat(fd)
            if not stat.S_ISREG(info.st_mode):
                return  # The owner was faster.
            known = self._links.get(info.st_ino)
            if info.st_nlink > 1 and known is not None:
                self.tally.links += 1
                yield _header(path, info, tarfile.LNKTYPE, known)
                return
            if info.st_nlink > 1 and len(self._links) < LINKS:
                self._links[info.st_ino] = path
            self.tally.files += 1
            yield from self._content(fd, path, info)
        finally:
            os.close(fd)

    def _content(self, fd: int, path: str, info: os.stat_result) -> Iterator[bytes]:
        """Yield a file as large as it was when it was opened, whatever happens to it."""
        parts = [(0, info.st_size)]
        if info.st_blocks * 512 < info.st_size:
            parts = _extents(fd, info.st_size)
            yield from _sparse_header(path, info, parts)
        else:
            yield _header(path, info, tarfile.REGTYPE, size=info.st_size)
        for offset, length in parts:
            yield from _data(fd, offset, length)
        size = sum(length for _, length in parts)
        self.tally.bytes += size
        yield _padding(size)
        now = os.fstat(fd)
        if (now.st_size, now.st_mtime_ns) != (info.st_size, info.st_mtime_ns):
            self.tally.note_change(path)


def _header(path: str, info: os.stat_result, kind: bytes, target: str = "", size: int = 0) -> bytes:
    """Return the header of a member: nobody's, as whoever unpacks it owns it then."""
    member = tarfile.TarInfo(path)
    member.type, member.linkname, member.size = kind, target, size
    # No bit that would make a program run as somebody else.
    member.mode = stat.S_IMODE(info.st_mode) & 0o777
    member.mtime = min(max(int(info.st_mtime), 0), LATEST)
    return _encoded(member)


def _encoded(member: tarfile.TarInfo) -> bytes:
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _extents(fd: int, size: int) -> list[tuple[int, int]]:
    """Return offset and length of what is written of a file; its end is the last one, if a hole.

    Raises
    ------
    OSError
        The disk cannot be read.
    """
    found: list[tuple[int, int]] = []
    position = 0
    while position < size:
        try:
            start = os.lseek(fd, position, os.SEEK_DATA)
        except OSError as failure:
            if failure.errno != errno.ENXIO:
                raise
            break
        if start >= size:
            break
        is_last = len(found) == EXTENTS
        position = size if is_last else min(size, os.lseek(fd, start, os.SEEK_HOLE))
        found.append((start, position - start))
    if not found or sum(found[-1]) < size:
        found.append((size, 0))
    return found


def _sparse_header(
    path: str, info: os.stat_result, parts: Sequence[tuple[int, int]]
) -> Iterator[bytes]:
    """Yield the header of a file with holes, as GNU tar writes it (its format 1.0)."""
    numbers = [len(parts), *(number for part in parts for number in part)]
    table = "".join(f"{number}\n" for number in numbers).encode()
    table += _padding(len(table))
    above, _, name = path.rpartition("/")
    member = tarfile.TarInfo(f"{above}/GNUSparseFile.0/{name}")
    member.mode = stat.S_IMODE(info.st_mode) & 0o777
    member.mtime = min(max(int(info.st_mtime), 0), LATEST)
    member.size = len(table) + sum(length for _, length in parts)
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": path,
        "GNU.sparse.realsize": str(info.st_size),
    }
    yield _encoded(member)
    yield table


def _data(fd: int, offset: int, length: int) -> Iterator[bytes]:
    """Yield a part of a file; zeros where it has become shorter."""
    while length:
        try:
            piece = os.pread(fd, min(PIECE, length), offset) or bytes(min(PIECE, length))
        except OSError as failure:
            # The member has begun, and cannot be left out any more.
            raise OSError(errno.EIO, failure.strerror) from failure
        yield piece
        offset += len(piece)
        length -= len(piece)


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)
