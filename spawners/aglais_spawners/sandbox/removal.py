"""Removes a session's directory, whatever its hostile owner put there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from aglais_spawners.sandbox.errors import RemovalError

__all__ = ["mounts_below", "remove_directory"]


def remove_directory(directory: Path) -> None:
    """Unmount what is mounted in ``directory``, then remove it; an absent one is fine.

    coreutils' rm walks by descriptor, never through a symbolic link, at any depth, and stays on
    the file system it began on.

    Raises
    ------
    RemovalError
        Something could not be unmounted or removed; it can be tried again.
    """
    for mount in mounts_below(directory):
        _run("umount", "--lazy", "--no-canonicalize", "--", str(mount))
    if left := mounts_below(directory):
        raise RemovalError(f"{left[0]} is still mounted")
    _run("rm", "--recursive", "--force", "--one-file-system", "--", str(directory))


def mounts_below(directory: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> list[Path]:
    """Return the mount points at or below ``directory``, the latest first."""
    below = os.fsencode(directory.resolve()) + b"/"
    targets = [_unescaped(line.split(b" ")[4]) for line in mountinfo.read_bytes().splitlines()]
    return [Path(os.fsdecode(t)) for t in reversed(targets) if (t + b"/").startswith(below)]


def _unescaped(path: bytes) -> bytes:
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), path)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, errors="replace", check=False)
    if done.returncode:
        raise RemovalError(done.stderr.strip().splitlines()[-1] if done.stderr else command[0])
