"""All that an account has, as one archive."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tarfile
import time
import zlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from uuid import uuid4

from aglais_accounts.managers.base import READ, AccountLeavingError, AccountsManager
from aglais_accounts.schema import Base
from aglais_hub.database import LeaseStore
from aglais_hub.errors import TooManyRequests
from aglais_hub.identity import Actor, scope
from aglais_hub.models import Model, utcnow
from aglais_hub.models.accounts import AccountState
from aglais_hub.models.storage import Space, SpaceState
from aglais_hub.streams import Download

__all__ = ["READ_SPACES", "ExportManager"]

READ_SPACES = scope("read", "spaces")

HELD_FOR = timedelta(seconds=60)
RENEWED_SECONDS = 20
GZIP, LEVEL = 31, 3
"""A gzip file; a level that keeps up with a network."""
CHANGES = 100_000

Members = dict[str, bytes]


class ExportRunningError(TooManyRequests):
    """Somebody reads an archive of the account already."""

    code = "export-running"


class ExportManager(AccountsManager):
    """Gives owners all that they have here."""

    async def export(self, actor: Actor, name: str) -> Download:
        """Return a gzipped tar file of all that an account has.

        Its last member, ``manifest.json``, says what is in it; an archive without that is not
        whole.

        Raises
        ------
        ExportRunningError
            Another one is being read.
        AccountLeavingError
            What it has is just being erased.
        """
        actor.require(READ, owner=name)
        actor.require(READ_SPACES, owner=name)
        members = await self._members(name)
        spaces = await self.context.clients.storage.spaces(name)
        self.events.publish("account.exported", account=name, by=actor.name)
        return Download(f"{name}.tar.gz", self._alone(name, members, spaces))

    async def _members(self, name: str) -> Members:
        """Return what this service and booking know of an account, as files."""
        async with self.reading() as stores:
            account = await self._account(stores, name)
            if account.state is AccountState.LEAVING:
                raise AccountLeavingError(f"What {name} has is just being erased.")
            identities = await stores.identities.of(name)
            changes, _ = await stores.changes.page(name, 0, CHANGES)
            keys = await stores.keys.of(name)
        booking = self.context.clients.booking
        admissions = await booking.admissions(name)
        bookings = await booking.bookings(name)
        requests = await booking.resource_requests(name)
        return {
            "account.json": account.model_dump_json(indent=1).encode(),
            "identities.json": _listed(identities),
            "changes.json": _listed(changes),
            "keys.json": _listed(keys),
            "admissions.json": _listed(admissions),
            "bookings.json": _listed(bookings),
            "requests.json": _listed(requests),
        }

    async def _alone(
        self, name: str, members: Members, spaces: Sequence[Space]
    ) -> AsyncGenerator[bytes, None]:
        """Yield the archive, one at a time for each account, whichever replica is asked."""
        lease = f"export:{hashlib.sha256(name.encode()).hexdigest()[:40]}"
        leases = LeaseStore(self.context.database, Base.metadata, uuid4().hex)
        renewed = await self._hold(leases, lease)
        try:
            async with aclosing(self._zipped(name, members, spaces)) as pieces:
                async for piece in pieces:
                    if time.monotonic() - renewed > RENEWED_SECONDS:
                        renewed = await self._hold(leases, lease)
                    yield piece
        finally:
            await leases.give_back(lease)

    async def _hold(self, leases: LeaseStore, lease: str) -> float:
        if not await leases.take(lease, HELD_FOR):
            raise ExportRunningError(
                "This account is being downloaded already; wait for that to end.",
                retry_after=int(HELD_FOR.total_seconds()),
            )
        return time.monotonic()

    async def _zipped(
        self, name: str, members: Members, spaces: Sequence[Space]
    ) -> AsyncGenerator[bytes, None]:
        """Yield the archive; the end of gzip comes only when all of it was read."""
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        async with aclosing(self._tar(name, members, spaces)) as parts:
            async for part in parts:
                if piece := await asyncio.to_thread(packer.compress, part):
                    yield piece
        yield await asyncio.to_thread(packer.flush)

    async def _tar(
        self, name: str, members: Members, spaces: Sequence[Space]
    ) -> AsyncGenerator[bytes, None]:
        now = utcnow()
        yield b"".join(_member(*member, now) for member in members.items())
        sizes: dict[str, int] = {member: len(content) for member, content in members.items()}
        for space in spaces:
            # One that is being made has nothing in it, one that is being erased soon neither.
            if space.state is SpaceState.READY:
                place = f"spaces/{space.kind}"
                sizes[place] = 0
                archive = self.context.clients.storage.archive(space.id, goes_on=True)
                async with aclosing(archive) as pieces:
                    async for piece in pieces:
                        sizes[place] += len(piece)
                        yield piece
        told = {"account": name, "at": now.isoformat(), "complete": True, "bytes": sizes}
        manifest = json.dumps(told, indent=1).encode()
        yield _member("manifest.json", manifest, now) + bytes(2 * tarfile.BLOCKSIZE)


def _listed(things: Sequence[Model]) -> bytes:
    return json.dumps([thing.model_dump(mode="json") for thing in things], indent=1).encode()


def _member(name: str, content: bytes, at: datetime) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(content), 0o600, int(at.timestamp())
    return member.tobuf(tarfile.PAX_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE)
