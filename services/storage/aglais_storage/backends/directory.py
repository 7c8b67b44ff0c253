"""Spaces as plain directories, for machines without root or loop devices: quotas are measured."""

from __future__ import annotations

import os
from pathlib import Path

from aglais_hub.models.storage import SpaceUsage
from aglais_storage.backends.base import Plan, SpaceBackend
from aglais_storage.backends.erasure import erase_heap, take
from aglais_storage.backends.locks import run
from aglais_storage.errors import telling

__all__ = ["DirectoryBackend"]

ERASE_SECONDS = 600
"""Longest time for one attempt to erase a space: a million files take about a minute."""


class DirectoryBackend(SpaceBackend):
    """Keeps each space in ``spaces/<id>``; what is being erased is in ``erasing/<id>``."""

    name = "directory"
    enforcement = "measured"
    folders = ("spaces", "erasing")
    steps = ("make-directory", "give-directory", "make-heap", "move-to-heap", "erase-heap")

    def path(self, identifier: str) -> Path:
        """Return the directory."""
        return self.root / "spaces" / identifier

    def settle(self, plan: Plan) -> None:
        """Make it; another quota needs nothing to be done."""
        path = self.path(plan.id)
        with telling("The space cannot be made"):
            if not path.is_dir():
                self.require_maker(plan)
                self.require_room(0)
                self.notice("make-directory")
                path.mkdir(mode=0o700)
            if os.geteuid() == 0 and path.stat().st_uid != plan.owner_uid:
                self.notice("give-directory")
                os.chown(path, plan.owner_uid, plan.owner_uid)

    def present(self) -> set[str]:
        """Return all that have a directory."""
        return {entry.name for entry in os.scandir(self.root / "spaces")}

    def measure(self, identifier: str) -> SpaceUsage:
        """Add up what is in it, with the program that does it fastest; it follows no links."""
        path = self.path(identifier)
        with telling("The space cannot be measured"):
            own = path.lstat().st_blocks * 512
            # A file that goes while it is looked at makes du answer 1, and count the rest.
            used = run("du", "-sxP", "--block-size=1", str(path), accept=(0, 1))
            files = run("du", "-sxP", "--inodes", str(path), accept=(0, 1))
        return SpaceUsage(
            bytes=max(0, _first(used) - own),
            files=max(0, _first(files) - 1),
        )

    def erase(self, identifier: str) -> None:
        """Move it out of everybody's reach, then take it apart."""
        heap = self.root / "erasing" / identifier
        path = self.path(identifier)
        with telling("The space cannot be erased yet"):
            self.notice("make-heap")
            heap.mkdir(mode=0o700, exist_ok=True)
            self.notice("move-to-heap")
            take(path, heap)
            self.notice("erase-heap")
            erase_heap(heap, ERASE_SECONDS)


def _first(answer: str) -> int:
    return int(answer.split(maxsplit=1)[0])
