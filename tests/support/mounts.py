"""Mounts that tests have made."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aglais_storage.backends.mounts import mount_points


def unmount_below(folder: Path) -> None:
    for point in reversed(mount_points()):
        if point.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", point], check=False)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of one MiB, in memory, until the block ends."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
