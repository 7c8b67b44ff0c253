"""All that an account has as one archive: from the real services, whole or visibly broken off."""

from __future__ import annotations

import asyncio
import io
import json
import os
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import aglais_accounts
import aglais_storage
from aglais_accounts.managers import exports
from aglais_accounts.managers.exports import READ_SPACES
from aglais_hub.client import AccountsClient, ServiceClients
from aglais_hub.client.mock import MockPlatform
from aglais_hub.database import LeaseStore
from aglais_hub.errors import Conflict, Forbidden, TooManyRequests, Unavailable
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import AccountRequest
from aglais_hub.models.identities import EMAIL
from aglais_hub.models.storage import SpaceKind, SpaceRequest
from tests.accounts.departing import LEAVE, MORE, READ, WRITE, booking_of
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

pytestmark = pytest.mark.slow

MIB = 2**20
WRITE_SPACES = scope("write", "spaces")


class Elsewhere(httpx.AsyncBaseTransport):
    """Asks the real storage service, and the mock for all else."""

    def __init__(self, mock: MockPlatform) -> None:
        self.mock, self.inner = mock, httpx.AsyncHTTPTransport()
        self.storage = httpx.URL()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/services/storage/"):
            return await self.mock.handle_async_request(request)
        request.url = request.url.copy_with(host=self.storage.host, port=self.storage.port)
        return await self.inner.handle_async_request(request)


class Place:
    """The accounts and storage services at work, and an account with data."""

    def __init__(self, accounts: RunningService, storage: RunningService) -> None:
        self.accounts, self.storage = accounts, storage
        self.token = accounts.hub.token("program", READ, WRITE, LEAVE, READ_SPACES, kind="service")
        self.client = AccountsClient(f"{accounts.url}api/", self.token)
        self.folders: dict[str, Path] = {}
        self.spaces: dict[str, str] = {}

    async def furnish(self) -> None:
        await self.client.create_account(AccountRequest(name="alice"))
        async with self.accounts.process.manager.writing() as stores:
            await stores.identities.add("alice", EMAIL, "a@example.org", "a@example.org", utcnow())
            await stores.changes.add("alice", "root", "level", "0", "1", "asked for")
        storage = self.accounts.process.context.clients.storage
        for kind in SpaceKind:
            space = await storage.ensure(
                SpaceRequest(account="alice", kind=kind, quota_bytes=64 * MIB, quota_files=500)
            )
            assert space.path is not None
            self.folders[kind], self.spaces[kind] = space.path, space.id
            (space.path / "file").write_bytes(kind.encode() * 1000)

    async def exported(self) -> dict[str, bytes]:
        file = io.BytesIO()
        await self.client.export("alice", file)
        return unpacked(file.getvalue())


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
        found = {one.name: opened.extractfile(one) for one in opened if one.isfile()}
        return {name: file.read() for name, file in found.items() if file}


@pytest.fixture
async def place(database_url: str, hub: HubDouble, tmp_path: Path) -> AsyncIterator[Place]:
    transport = Elsewhere(MockPlatform())
    token = hub.token("accounts", READ_SPACES, WRITE_SPACES, kind="service")
    clients = ServiceClients("http://platform.test/", token, transport=transport)
    clients.__dict__["booking"] = transport.mock.clients.booking
    clients.__dict__["hub"] = transport.mock.clients.hub
    stored = f"sqlite:///{tmp_path / 'storage.db'}"
    config: dict[str, Any] = {"root": tmp_path / "root", "backend": "directory"}
    async with (
        running(aglais_storage.service, stored, hub, **config) as storage,
        running(aglais_accounts.service, database_url, hub, clients) as accounts,
    ):
        transport.storage = httpx.URL(storage.url)
        booking = booking_of("alice")
        transport.mock.booking.booked[booking.id] = booking
        own = [f"custom:aglais:{verb}:requests!user=alice" for verb in ("read", "write")]
        await transport.mock.clients_of("alice", *own).booking.request_resources(MORE)
        place = Place(accounts, storage)
        await place.furnish()
        yield place
        await place.client.close()


async def test_all_that_an_account_has_is_in_one_archive(place: Place) -> None:
    found = await place.exported()
    assert list(found)[-1] == "manifest.json"
    for kind in SpaceKind:
        assert found[f"spaces/{kind}/file"] == kind.encode() * 1000
        assert json.loads(found[f"spaces/{kind}.json"])["files"] == 1
    assert json.loads(found["account.json"])["name"] == "alice"
    assert json.loads(found["identities.json"])[0]["subject"] == "a@example.org"
    assert json.loads(found["changes.json"])[0]["why"] == "asked for"
    assert (found["keys.json"], found["admissions.json"]) == (b"[]", b"[]")
    assert json.loads(found["bookings.json"])[0]["name"] == "Stars"
    assert json.loads(found["requests.json"])[0]["why"] == "Students"
    told = json.loads(found["manifest.json"])
    assert (told["complete"], told["account"]) == (True, "alice")
    assert {f"spaces/{kind}" for kind in SpaceKind} < set(told["bytes"])


async def test_one_is_read_at_a_time_and_another_when_it_has_ended(place: Place) -> None:
    (place.folders["temp"] / "data").write_bytes(os.urandom(32 * MIB))
    first = place.client.stream("accounts/alice/export")
    await anext(first)
    with pytest.raises(TooManyRequests) as refused:
        await place.exported()
    assert (refused.value.code, refused.value.status) == ("export-running", 429)
    await first.aclose()
    for _ in range(100):
        try:
            assert "manifest.json" in await place.exported()
            return
        except TooManyRequests:
            await asyncio.sleep(0.1)
    pytest.fail("a reader who is gone keeps the place")


async def test_one_who_took_over_ends_the_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A download that stood still for so long that its lease is over is broken off."""
    monkeypatch.setattr(exports, "RENEWED_SECONDS", -1)
    (place.folders["temp"] / "data").write_bytes(os.urandom(32 * MIB))
    first = place.client.stream("accounts/alice/export")
    await anext(first)

    async def lost(_leases: LeaseStore, _name: str, _duration: Any) -> bool:
        return False

    monkeypatch.setattr(LeaseStore, "take", lost)
    with pytest.raises(Unavailable, match="broke off"):
        await rest_of(first)


async def rest_of(pieces: Any) -> bytes:
    return b"".join([piece async for piece in pieces])


@pytest.mark.parametrize("how", ["erased", "storage away"])
async def test_what_breaks_in_the_middle_is_no_whole_archive(place: Place, how: str) -> None:
    for kind in SpaceKind:
        (place.folders[kind] / "data").write_bytes(os.urandom(24 * MIB))
    pieces = place.client.stream("accounts/alice/export")
    got = [await anext(pieces)]
    if how == "erased":
        for space in place.spaces.values():
            await place.accounts.process.context.clients.storage.erase(space)
    else:
        async with place.storage.process.manager.writing() as stores:
            for space in place.spaces.values():
                await stores.spaces.remove(space)

    async def rest() -> None:
        async for piece in pieces:
            got.append(piece)  # noqa: PERF401 (what came before counts, too)

    with pytest.raises(Unavailable, match="broke off"):
        await rest()
    with pytest.raises((tarfile.ReadError, EOFError)):
        unpacked(b"".join(got))


async def test_storage_that_is_away_is_said_before_anything_is_sent(place: Place) -> None:
    transport = place.accounts.process.context.clients.transport
    assert isinstance(transport, Elsewhere)
    transport.storage = httpx.URL("http://127.0.0.1:1/")
    with pytest.raises(Unavailable, match="storage service does not answer"):
        await place.exported()


async def test_owners_get_their_own_and_only_with_both_scopes(place: Place) -> None:
    hub, url = place.accounts.hub, f"{place.accounts.url}api/"
    mine = (f"{READ}!user=alice", f"{READ_SPACES}!user=alice")
    alice = AccountsClient(url, hub.token("alice", *mine))
    assert await alice.export("alice", io.BytesIO()) > 0
    bobs = (f"{READ}!user=bob", f"{READ_SPACES}!user=bob")
    for scopes in (mine[:1], mine[1:], bobs, (READ, f"{READ_SPACES}!user=bob")):
        asker = AccountsClient(url, hub.token("bob", *scopes))
        with pytest.raises(Forbidden):
            await asker.export("alice", io.BytesIO())


async def test_who_is_leaving_is_not_exported(place: Place) -> None:
    await place.client.leave("alice", "enough")
    with pytest.raises(Conflict) as refused:
        await place.exported()
    assert refused.value.code == "account-leaving"


async def test_a_browser_downloads_it_and_is_told_on_a_page_what_is_wrong(place: Place) -> None:
    scopes = (f"{READ}!user=alice", f"{READ_SPACES}!user=alice", f"{LEAVE}!user=alice")
    async with place.accounts.browser("alice", *scopes) as browser:
        page = await browser.get("accounts/alice")
        answer = await browser.get("accounts/alice/download")
        await place.client.leave("alice", "enough")
        refused = await browser.get("accounts/alice/download")
    assert "Download everything" in page.text
    assert "before it is compressed" in page.text
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''alice.tar.gz"
    assert answer.headers["Content-Type"] == "application/gzip"
    assert "manifest.json" in unpacked(answer.content)
    assert (refused.status_code, "text/html" in refused.headers["Content-Type"]) == (409, True)
