"""Finishes what was left half done, and removes what nobody knows."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from pathlib import Path

from aglais_hub.errors import AglaisError
from aglais_hub.models import utcnow
from aglais_hub.models.storage import SpaceState
from aglais_storage.errors import SpaceBusyError
from aglais_storage.manager import SpaceManager
from aglais_storage.stores import SpaceRecord

__all__ = ["Mender"]

log = logging.getLogger(__name__)

MARK = "aglais-storage"
"""File in the root that says which database knows the spaces in it."""


class Mender:
    """Background work on spaces; each round can be killed anywhere and done again."""

    def __init__(self, manager: SpaceManager) -> None:
        self.manager = manager

    async def mend(self) -> None:
        """Mount what a reboot left, finish what a killed process left."""
        async with self.manager.reading() as stores:
            records = await stores.spaces.all()
        present = {
            identifier
            for backend in self.manager.backends.values()
            for identifier in await self.manager.in_thread(backend.present)
        }
        for record in records:
            if self._needs_work(record, present):
                await self._finish(record.space.id)

    def _needs_work(self, record: SpaceRecord, present: set[str]) -> bool:
        if record.space.state is SpaceState.READY:
            return not (record.space.id in present and record.is_settled)
        age = utcnow() - record.changed_at
        return age >= timedelta(seconds=self.manager.config.settle_seconds)

    async def _finish(self, identifier: str) -> None:
        try:
            await self.manager.finish(identifier, wait=0)
        except SpaceBusyError:
            return  # Somebody is at it.
        except AglaisError as failure:
            log.warning("%s cannot be finished yet: %s", identifier, failure.message)

    async def measure(self) -> None:
        """Note what is in each space, for lists."""
        async with self.manager.reading() as stores:
            records = await stores.spaces.all()
        for record in records:
            if record.space.state is SpaceState.READY:
                await self._measure(record)

    async def _measure(self, record: SpaceRecord) -> None:
        try:
            backend = self.manager.backend(record)
            usage = await self.manager.in_thread(backend.measure, record.space.id)
        except AglaisError as failure:
            log.warning("%s cannot be measured: %s", record.space.id, failure.message)
            return
        if usage != record.space.usage:
            async with self.manager.writing() as stores:
                await stores.spaces.note_usage(record.space.id, usage)

    async def clear(self) -> None:
        """Remove spaces from the root that the database does not know.

        A row comes before its files and goes after them. So there are such spaces only if the
        database was put back to an earlier state. If it is another database altogether, which
        knows none of the spaces here, its mark differs, and nothing is removed.
        """
        if not await self._root_is_ours():
            log.error("the root belongs to another database; nothing in it is removed")
            return
        for backend in self.manager.backends.values():
            strays = await self.manager.in_thread(backend.strays, self.manager.config.stray_seconds)
            # Rows are read last: what was made meanwhile is among them.
            async with self.manager.reading() as stores:
                strays -= await stores.spaces.ids()
            for identifier in strays:
                await self._remove(backend.name, identifier)

    async def _root_is_ours(self) -> bool:
        async with self.manager.writing() as stores:
            mark = await stores.roots.mark(secrets.token_hex(16))
        return mark == await self.manager.in_thread(_marked, self.manager.config.root, mark)

    async def _remove(self, backend: str, identifier: str) -> None:
        try:
            async with self.manager.locked(identifier, wait=0):
                async with self.manager.reading() as stores:
                    if await stores.spaces.get(identifier) is not None:
                        return
                await self.manager.in_thread(self.manager.backends[backend].erase, identifier)
        except AglaisError as failure:
            log.warning("stray %s cannot be removed yet: %s", identifier, failure.message)
            return
        log.info("removed %s, which no database knew", identifier)


def _marked(root: Path, mark: str) -> str:
    """Return the root's mark, after giving it one if it has none."""
    file = root / MARK
    try:
        with file.open("x", encoding="utf-8") as fresh:
            fresh.write(mark)
    except FileExistsError:
        pass
    return file.read_text(encoding="utf-8")
