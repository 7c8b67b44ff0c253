"""Spaces as file systems of their own: the quota is their size, and nobody gets past it.

Each space is a sparse ext4 image, mounted through a loop device. Inside, ``files`` belongs to
the owner; all that the file system has more than the quota is taken up by files of root beside
it, the ballast. So quotas are exact, and change without a remount as long as they fit.

The images have a journal, of the least size that ext4 allows up to a gigabyte: what it costs is
one more write for each change of metadata; what it buys is that after a power cut a space is
back as soon as its journal is replayed, with nothing to be decided by a repair.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from aglais_hub.errors import Unavailable
from aglais_hub.models.storage import SpaceUsage
from aglais_storage.backends.ballast import Ballast
from aglais_storage.backends.base import Plan, SpaceBackend
from aglais_storage.backends.locks import run
from aglais_storage.backends.mounts import (
    is_mounted,
    loop_of,
    mount,
    mount_points,
    unmount,
    unmount_for_ever,
)
from aglais_storage.errors import SpaceBusyError, telling

__all__ = ["ImageBackend"]

MIB, GIB = 2**20, 2**30
BLOCK = 4096
INODE = 256
MOST_TABLE_BYTES = 2**30
"""What growing may write: a second or two, while somebody waits for a session."""
GROUP_BLOCKS = 32768
"""Blocks of an ext4 block group."""
GROUP_INODES = 30_000
"""Files that are planned for a group at most; ext4 could have 32,768."""
SLACK = 32 * MIB
"""Sparse bytes, which cost nothing, for all that ext4 keeps for itself besides inodes."""
WRITTEN_BYTES = 8 * MIB
"""Bytes that making a file system writes at most; 50 GiB with a million files: 5 MiB."""


class ImageBackend(SpaceBackend):
    """Keeps each space in ``images/<id>.img``, mounted at ``mounts/<id>``."""

    name = "image"
    enforcement = "filesystem"
    folders = ("images", "mounts")
    steps = (
        "make-image", "rename-image", "make-mount-point", "check", "mount", "lay-out", "fit",
        "enlarge-image", "enlarge-file-system", "shut-down", "unmount", "empty-image",
        "delete-image", "delete-mount-point",
    )  # fmt: skip

    def path(self, identifier: str) -> Path:
        """Return the owner's directory in the mounted file system."""
        return self._mount_point(identifier) / "files"

    def _mount_point(self, identifier: str) -> Path:
        return self.root / "mounts" / identifier

    def _image(self, identifier: str) -> Path:
        return self.root / "images" / f"{identifier}.img"

    def settle(self, plan: Plan) -> None:
        """Do what is missing of: image, mount, the owner's directory, the right size."""
        with telling("The space cannot be made"):
            if not self._image(plan.id).exists():
                self._make_image(plan)
            self._attach(plan.id)
            self.notice("lay-out")
            self._lay_out(plan)
            self._fit(plan)

    def _make_image(self, plan: Plan) -> None:
        """Make a whole file system under another name: an image that has its name is good."""
        self.require_maker(plan)
        self.require_room(WRITTEN_BYTES)
        image = self._image(plan.id)
        fresh = image.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        self.notice("make-image")
        with fresh.open("xb") as file:
            file.truncate(_size(plan))
        fresh.chmod(0o600)
        journal = 4 if plan.quota_bytes <= GIB else 16
        options = f"lazy_itable_init=1,lazy_journal_init=1,nodiscard,resize={2**36 // BLOCK}"
        try:
            run(
                "mkfs.ext4", "-q", "-F", "-b", str(BLOCK), "-I", str(INODE), "-m", "0",
                "-N", str(plan.quota_files + 16), "-J", f"size={journal}", "-E", options,
                str(fresh),
            )  # fmt: skip
        except subprocess.CalledProcessError:
            fresh.unlink(missing_ok=True)
            raise
        self.notice("rename-image")
        fresh.rename(image)

    def _attach(self, identifier: str) -> None:
        """Mount a space, after its file system was made good if it was left in use."""
        point, image = self._mount_point(identifier), self._image(identifier)
        if is_mounted(point):
            return
        self.notice("make-mount-point")
        point.mkdir(mode=0o700, exist_ok=True)
        loop = loop_of(image)
        if loop is None:
            self.notice("check")
            # 0: good; 1: made good. More is for a person to decide.
            run("e2fsck", "-p", str(image), accept=(0, 1))
        self.notice("mount")
        # An image that is still in use somewhere must not get a second device.
        mount(loop or str(image), point, make_loop=loop is None)

    def _lay_out(self, plan: Plan) -> None:
        top = self.path(plan.id)
        top.mkdir(mode=0o700, exist_ok=True)
        if top.stat().st_uid != plan.owner_uid:
            os.chown(top, plan.owner_uid, plan.owner_uid)

    def _fit(self, plan: Plan) -> None:
        self.notice("fit")
        ballast = Ballast(self._mount_point(plan.id))
        lacking = ballast.lacking(plan.quota_bytes, plan.quota_files)
        if lacking.bytes > 0 or lacking.files > 0:
            self._enlarge(plan, lacking)
        ballast.adjust(plan.quota_bytes, plan.quota_files)

    def _enlarge(self, plan: Plan, lacking: SpaceUsage) -> None:
        """Make the file system larger; further groups have as many inodes as the first."""
        self.require_room(WRITTEN_BYTES)
        image = self._image(plan.id)
        state = os.statvfs(self._mount_point(plan.id))
        groups = -(-state.f_blocks // GROUP_BLOCKS)
        more = -(-lacking.files * max(1, groups) // max(1, state.f_files))
        size = image.stat().st_size + lacking.bytes * 103 // 100
        size = max(size, image.stat().st_size + (more + 1) * GROUP_BLOCKS * BLOCK)
        fresh_groups = (size - image.stat().st_size) // (GROUP_BLOCKS * BLOCK)
        self._check_tables(fresh_groups * state.f_files // max(1, groups) * INODE)
        self.notice("enlarge-image")
        os.truncate(image, -(-size // BLOCK) * BLOCK)
        self.notice("enlarge-file-system")
        loop = loop_of(image)
        assert loop is not None  # noqa: S101 (it was mounted just now)
        run("losetup", "-c", loop)
        try:
            run("resize2fs", loop)
        except subprocess.CalledProcessError:
            # Without CAP_SYS_RESOURCE, as in some containers, only what is not mounted grows.
            self._enlarge_unmounted(plan.id)

    def _check_tables(self, table_bytes: int) -> None:
        """Refuse a change whose tables of inodes, unlike a new image's, would all be written."""
        self.require_room(WRITTEN_BYTES + table_bytes)
        if table_bytes > MOST_TABLE_BYTES:
            raise Unavailable(
                "A space that is there cannot be made so much larger at once; "
                "ask for less, or let it be made anew."
            )

    def _enlarge_unmounted(self, identifier: str) -> None:
        point, image = self._mount_point(identifier), self._image(identifier)
        if not unmount(point, image):
            self._attach(identifier)
            raise SpaceBusyError(
                "This space is in use; end the session that uses it and try again.",
                retry_after=30,
            )
        try:
            run("e2fsck", "-f", "-p", str(image), accept=(0, 1))
            run("resize2fs", str(image))
        finally:
            self._attach(identifier)

    def present(self) -> set[str]:
        """Return all that are mounted."""
        folder = os.path.realpath(self.root / "mounts") + "/"
        return {point.removeprefix(folder) for point in mount_points() if point.startswith(folder)}

    def park(self) -> None:
        """Unmount what nobody uses, so that a machine at rest has no loop devices in use."""
        for identifier in self.present():
            unmount(self._mount_point(identifier), self._image(identifier))

    def measure(self, identifier: str) -> SpaceUsage:
        """Ask the file system, which always knows."""
        with telling("The space cannot be measured"):
            if not is_mounted(self._mount_point(identifier)):
                raise FileNotFoundError(f"{identifier} is not mounted")
            return Ballast(self._mount_point(identifier)).used()

    def erase(self, identifier: str) -> None:
        """Stop the file system, whoever still uses it, and delete the image."""
        point, image = self._mount_point(identifier), self._image(identifier)
        with telling("The space cannot be erased yet"):
            unmount_for_ever(point, self.notice)
            for left in (image, image.with_suffix(".new")):
                if left.exists():
                    self.notice("empty-image")
                    # Whoever has a file open keeps the image's name alive, but not its blocks.
                    os.truncate(left, 0)
                    self.notice("delete-image")
                    left.unlink()
            self.notice("delete-mount-point")
            if point.exists():
                point.rmdir()

    @staticmethod
    def missing_programs() -> list[str]:
        """Return which programs of the system it would need."""
        needed = ("mkfs.ext4", "e2fsck", "resize2fs", "losetup", "mount", "umount")
        path = "/usr/sbin:/usr/bin:/sbin:/bin"
        return [name for name in needed if shutil.which(name, path=path) is None]


def _size(plan: Plan) -> int:
    """Return the size of a new image, bytes: never too small, the ballast takes the rest."""
    size = plan.quota_bytes * 103 // 100 + plan.quota_files * (INODE + 48) + SLACK
    groups = -(-(plan.quota_files + 16) // GROUP_INODES)
    if groups > 1:
        size = max(size, groups * GROUP_BLOCKS * BLOCK)
    return -(-size // BLOCK) * BLOCK
