"""Mounts and loop devices of this machine."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from aglais_storage.backends.locks import run

__all__ = ["is_mounted", "loop_of", "mount", "mount_points", "unmount", "unmount_for_ever"]

OPTIONS = "nosuid,nodev,noatime,noinit_itable"
"""noinit_itable: a sparse image is full of zeros already; writing them would fill the disk."""

EXT4_IOC_SHUTDOWN, WITHOUT_FLUSH = 0x8004587D, struct.pack("I", 2)
LET_GO_SECONDS = 2
"""How long the kernel may take to give a loop device back."""


def mount_points() -> list[str]:
    """Return where anything is mounted, as this process sees it; a place twice if stacked."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return [line.split(" ")[4].encode().decode("unicode_escape") for line in lines]


def is_mounted(point: Path) -> bool:
    """Tell whether something is mounted right here."""
    return os.path.realpath(point) in mount_points()


def loop_of(image: Path) -> str | None:
    """Return the loop device that an image is attached to, such as ``/dev/loop3``."""
    found = run("losetup", "--noheadings", "--output", "NAME", "-j", str(image)).split()
    return found[0] if found else None


def mount(source: str, point: Path, *, make_loop: bool) -> None:
    """Mount an image, or the device that it is attached to; the device goes with the mount."""
    options = f"loop,{OPTIONS}" if make_loop else OPTIONS
    run("mount", "-t", "ext4", "-o", options, source, str(point))


def unmount(point: Path, image: Path) -> bool:
    """Unmount what nobody uses; tell whether the image is free, in all mount namespaces."""
    try:
        while is_mounted(point):
            run("umount", str(point))
    except subprocess.CalledProcessError:
        return False
    deadline = time.monotonic() + LET_GO_SECONDS
    while loop_of(image) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def unmount_for_ever(point: Path, notice: Callable[[str], None]) -> None:
    """Stop a file system and unmount it, even where it is in use.

    It is shut down first: whoever has files open, here or in a sandbox, gets errors from then
    on, and what was not yet written is dropped, as all of it is going to be erased.
    """
    while is_mounted(point):
        notice("shut-down")
        _shut_down(point)
        notice("unmount")
        try:
            run("umount", str(point))
        except subprocess.CalledProcessError:
            run("umount", "--lazy", str(point))


def _shut_down(point: Path) -> None:
    fd = os.open(point, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, WITHOUT_FLUSH)
    except OSError:
        pass  # An old kernel; the lazy unmount does what can be done.
    finally:
        os.close(fd)
