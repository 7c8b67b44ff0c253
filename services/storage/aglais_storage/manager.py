"""Which spaces there are, and what happens to them.

Work on files is slow and cannot be rolled back. So it is never done inside a transaction: a row
says first what is wanted, the work is done in a thread under the space's own lock, and then the
row says that it is done. Whatever is killed in between, the `Mender` or the next request finishes.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from aglais_hub.errors import AglaisError, NotFound, Unavailable
from aglais_hub.identity import Actor, scope
from aglais_hub.manager import Manager, store
from aglais_hub.manager import Stores as BaseStores
from aglais_hub.models import utcnow
from aglais_hub.models.storage import (
    Space,
    SpaceEdit,
    SpaceKind,
    SpaceRequest,
    SpaceState,
    SpaceUsage,
)
from aglais_hub.service import Context
from aglais_hub.versions import require_version
from aglais_storage.backends import LOCKS, Plan, SpaceBackend, SpaceLock, backends_of
from aglais_storage.config import StorageConfig
from aglais_storage.errors import QuotaBelowUsageError, SpaceNotReadyError
from aglais_storage.stores import OwnerStore, RootStore, SpaceRecord, SpaceStore

__all__ = ["READ", "WRITE", "SpaceManager", "Stores"]

log = logging.getLogger(__name__)

READ = scope("read", "spaces")
WRITE = scope("write", "spaces")

T = TypeVar("T")

THREADS = 16
"""Spaces that are worked on at once."""
ARCHIVES = 4
"""Archives that are read at once: each has many files open."""
WAIT_SECONDS = 25.0
"""How long a request waits for another one that works on the same space."""
TRIES = 4
UIDS_PER_ACCOUNT = 2


class Stores(BaseStores):
    """The stores of this service."""

    spaces = store(SpaceStore)
    owners = store(OwnerStore)
    roots = store(RootStore)


class SpaceManager(Manager[Stores]):
    """Decides on spaces: permission first, then rule, then the work."""

    stores = Stores

    steps = ("add-row", "row-added", "mark-ready", "mark-erasing", "remove-row")
    """What `notice` is told by the manager itself, besides the steps of the backends."""

    def __init__(
        self, context: Context, notice: Callable[[str], None] = lambda _step: None
    ) -> None:
        super().__init__(context)
        self.config: StorageConfig = context.config
        self.notice: Callable[[str], None] = lambda _step: None
        self.chosen, self.backends = backends_of(self.config, lambda step: self.notice(step))
        self.notice = notice
        self.archives = asyncio.Semaphore(ARCHIVES)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="spaces")

    async def close(self) -> None:
        """Let go of spaces that nobody works in."""
        for backend in self.backends.values():
            await self.in_thread(backend.park)

    async def in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """Do slow work; a task that is cancelled waits for its end, as it holds the lock."""
        assert not self.context.database.in_transaction, "file work inside a transaction"  # noqa: S101
        inside = contextvars.copy_context()
        future = asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: inside.run(work, *arguments)
        )
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait({future})
            raise

    @asynccontextmanager
    async def locked(self, identifier: str, wait: float = WAIT_SECONDS) -> AsyncIterator[None]:
        """Hold the lock of a space; its file goes with the space.

        Raises
        ------
        SpaceBusyError
            Another one holds it for longer than `wait` seconds.
        """
        lock = SpaceLock(self.config.root / LOCKS, identifier)
        await self.in_thread(lock.acquire, wait)
        lock.mark_held()
        gone = False
        try:
            yield
        finally:
            try:
                async with self.reading() as stores:
                    gone = await stores.spaces.get(identifier) is None
            finally:
                lock.release(forget=gone)

    def backend(self, record: SpaceRecord) -> SpaceBackend:
        """Return what keeps a space."""
        return self.backends[record.backend]

    def shown(self, record: SpaceRecord, usage: SpaceUsage | None = None) -> Space:
        """Return a space as others see it."""
        space, backend = record.space, self.backend(record)
        usage = usage or record.space.usage
        over = usage is not None and (
            usage.bytes > space.quota_bytes or usage.files > space.quota_files
        )
        ready = space.state is SpaceState.READY
        return space.model_copy(
            update={
                "path": backend.path(space.id) if ready else None,
                "enforcement": backend.enforcement,
                "usage": usage,
                "is_over_quota": over,
            }
        )

    async def ensure(self, actor: Actor, request: SpaceRequest) -> tuple[Space, bool]:
        """Make a space, or return the one that is there; tell whether it is new.

        One that is there gets the quota that is asked for now, unless more is in it, or it
        cannot be changed just now: then it keeps what it has, and the answer shows that.

        Raises
        ------
        StorageFullError
            The disk has no room.
        Unavailable
            The system refused, or the space is erased again and again.
        """
        actor.require(WRITE)
        for _ in range(TRIES):
            try:
                identifier, claimed = await self._claim(request)
            except IntegrityError:
                continue  # Somebody asked for the same at the same moment: it is there now.
            made = await self.finish(identifier)
            if made is not None and not claimed:
                made = await self._follow(actor, made, request)
            if made is not None:
                return made, claimed
        raise Unavailable("This space is just being erased; please try again.", retry_after=2)

    async def _follow(self, actor: Actor, space: Space, request: SpaceRequest) -> Space | None:
        """Give a space the quota that is asked for, as far as that goes; None if it is away."""
        if _edit_of(space) == _edit_of(request):
            return space
        async with self.reading() as stores:
            record = await stores.spaces.get(space.id)
        if record is None:
            return None
        seen = await self._measured(record)
        wanted = _fitting(request, seen)
        if wanted == _edit_of(seen):
            return seen
        try:
            return await self.edit(actor, space.id, wanted, version=None)
        except (NotFound, SpaceNotReadyError):
            return None
        except (QuotaBelowUsageError, Unavailable) as failure:
            log.warning("the space %s keeps its quota: %s", space.id, failure.message)
            return space

    async def _claim(self, request: SpaceRequest) -> tuple[str, bool]:
        async with self.reading() as stores:
            known = await stores.spaces.find(request.account, request.kind)
        if known is not None:
            return known.space.id, False
        self.notice("add-row")
        async with self.writing() as stores:
            known = await stores.spaces.find(request.account, request.kind)
            if known is not None:
                return known.space.id, False
            identifier = f"space-{secrets.token_hex(12)}"
            number = await stores.owners.number(request.account)
            uid = self._uid(number, request.kind)
            await stores.spaces.add(identifier, request, uid, self.chosen.name, utcnow())
        self.notice("row-added")
        return identifier, True

    def _uid(self, number: int, kind: SpaceKind) -> int:
        if os.geteuid() != 0:
            return os.geteuid()  # Only root can give files away.
        user = self.config.uid_base + UIDS_PER_ACCOUNT * (number - 1)
        return user + 1 if kind is SpaceKind.NOTEBOOKS else user

    async def finish(self, identifier: str, wait: float = WAIT_SECONDS) -> Space | None:
        """Take a space to where it is wanted; None if that is away."""
        async with self.locked(identifier, wait):
            async with self.reading() as stores:
                record = await stores.spaces.get(identifier)
            if record is None:
                return None
            if record.space.state is SpaceState.ERASING:
                await self._erase(record)
                return None
            return await self._settle(record)

    async def _settle(self, record: SpaceRecord) -> Space | None:
        space, backend = record.space, self.backend(record)
        is_new = space.state is SpaceState.PREPARING
        if not (record.is_settled and space.id in await self.in_thread(backend.present)):
            try:
                await self.in_thread(backend.settle, _plan(space, _edit_of(space), is_new=is_new))
            except AglaisError:
                if is_new:
                    await self._erase(record, was_made=False)
                raise
            await self._mark_settled(record)
        async with self.reading() as stores:
            now = await stores.spaces.get(space.id)
        if now is None or now.space.state is not SpaceState.READY:
            return None  # It was given up while it was made.
        return self.shown(now)

    async def _mark_settled(self, record: SpaceRecord) -> None:
        self.notice("mark-ready")
        async with self.writing() as stores:
            is_new = await stores.spaces.mark_settled(
                record.space.id, _edit_of(record.space), utcnow()
            )
        if is_new:
            self._publish("space.created", record.space)

    def _publish(self, event: str, space: Space, **facts: object) -> None:
        self.events.publish(event, space=space.id, account=space.account, kind=space.kind, **facts)

    async def space(self, actor: Actor, identifier: str) -> Space:
        """Return a space with what is in it now."""
        return await self._measured(await self._visible(actor, identifier))

    async def _measured(self, record: SpaceRecord) -> Space:
        if record.space.state is not SpaceState.READY:
            return self.shown(record)
        try:
            usage = await self.in_thread(self.backend(record).measure, record.space.id)
        except AglaisError:
            return self.shown(record)  # What was measured last has to do until it is mended.
        return self.shown(record, usage)

    async def _visible(self, actor: Actor, identifier: str) -> SpaceRecord:
        async with self.reading() as stores:
            record = await stores.spaces.get(identifier)
        if record is None or not actor.holds(READ, owner=record.space.account):
            raise NotFound(f"There is no space {identifier}.")
        return record

    async def spaces(
        self, actor: Actor, account: str | None, offset: int, limit: int
    ) -> tuple[list[Space], int]:
        """Return spaces that the actor may see: all or those of an account, or its own."""
        if not actor.holds(READ):
            account = account or actor.name
            actor.require(READ, owner=account)
        async with self.reading() as stores:
            records, total = await stores.spaces.page(offset, limit, account)
        return [self.shown(record) for record in records], total

    async def edit(
        self, actor: Actor, identifier: str, edit: SpaceEdit, version: str | None
    ) -> Space:
        """Change the quota of a space.

        Raises
        ------
        QuotaBelowUsageError
            There is more in it.
        SpaceNotReadyError
            It is being made or erased.
        SpaceBusyError
            It has to be unmounted for that, and is in use.
        """
        actor.require(WRITE)
        async with self.locked(identifier):
            async with self.reading() as stores:
                record = await stores.spaces.get(identifier)
            if record is None:
                raise NotFound(f"There is no space {identifier}.")
            if record.space.state is not SpaceState.READY:
                raise SpaceNotReadyError(f"The space {identifier} is {record.space.state}.")
            require_version(self.shown(record), version)
            await self._settle(record)
            await self._resize(record, edit)
        async with self.reading() as stores:
            record = await stores.spaces.get(identifier) or record
        self._publish("space.changed", record.space, by=actor.name, **edit.model_dump())
        return self.shown(record)

    async def _resize(self, record: SpaceRecord, edit: SpaceEdit) -> None:
        space, backend = record.space, self.backend(record)
        usage = await self.in_thread(backend.measure, space.id)
        if edit.quota_bytes < usage.bytes or edit.quota_files < usage.files:
            raise QuotaBelowUsageError(
                f"There are {usage.bytes} bytes and {usage.files} files in this space; "
                "the quota cannot be less than that."
            )
        async with self.writing() as stores:
            await stores.spaces.want(space.id, edit, utcnow())
        try:
            await self.in_thread(backend.settle, _plan(space, edit, is_new=False))
        except AglaisError:
            async with self.writing() as stores:
                await stores.spaces.want(space.id, _edit_of(space), utcnow())
            raise
        self.notice("mark-ready")
        async with self.writing() as stores:
            await stores.spaces.mark_settled(space.id, edit, utcnow())

    async def erase(self, actor: Actor, identifier: str) -> None:
        """Erase a space with all that is in it; gone when this returns, and if it was before.

        Raises
        ------
        SpaceBusyError
            It could not be done in time; it goes on in the background.
        """
        async with self.reading() as stores:
            record = await stores.spaces.get(identifier)
        if record is None:
            return
        actor.require(WRITE, owner=record.space.account)
        self.notice("mark-erasing")
        async with self.writing() as stores:
            await stores.spaces.mark_erasing(identifier, utcnow())
        await self.finish(identifier)

    async def _erase(self, record: SpaceRecord, *, was_made: bool = True) -> None:
        space = record.space
        await self.in_thread(self.backend(record).erase, space.id)
        self.notice("remove-row")
        async with self.writing() as stores:
            was_there = await stores.spaces.remove(space.id)
            await stores.owners.forget_idle(space.account)
        if was_there and was_made:
            self._publish("space.erased", space)


def _edit_of(space: SpaceEdit) -> SpaceEdit:
    return SpaceEdit(quota_bytes=space.quota_bytes, quota_files=space.quota_files)


def _fitting(wanted: SpaceEdit, space: Space) -> SpaceEdit:
    """Return the quota that is wanted, but where more is in the space the one that it has."""
    used = space.usage
    if used is None:
        return _edit_of(space)
    return SpaceEdit(
        quota_bytes=space.quota_bytes if wanted.quota_bytes < used.bytes else wanted.quota_bytes,
        quota_files=space.quota_files if wanted.quota_files < used.files else wanted.quota_files,
    )


def _plan(space: Space, quota: SpaceEdit, *, is_new: bool) -> Plan:
    return Plan(space.id, quota.quota_bytes, quota.quota_files, space.owner_uid, is_new)
