"""Troubles that a program can ask the mock for."""

from __future__ import annotations

import asyncio

import pytest

from aglais_hub.client.mock import MockPlatform
from aglais_hub.errors import Unavailable
from aglais_hub.models.booking import AdmissionRequest
from aglais_hub.models.storage import SpaceKind, SpaceRequest

TEMP = SpaceRequest(account="alice", kind=SpaceKind.TEMP, quota_bytes=2**20, quota_files=10)


async def test_a_part_fails_as_often_as_it_was_asked_to() -> None:
    mock = MockPlatform()
    mock.fail("storage", status=503, code="storage-full", retry_after=7, times=1)
    with pytest.raises(Unavailable) as failure:
        await mock.clients.storage.ensure(TEMP)
    assert (failure.value.code, failure.value.retry_after) == ("storage-full", 7)
    assert (await mock.clients.storage.ensure(TEMP)).account == "alice"


async def test_other_parts_go_on() -> None:
    mock = MockPlatform()
    mock.fail("storage")
    assert len(await mock.clients.accounts.levels()) == 3


async def test_a_part_that_is_cut_off_says_so_until_it_is_mended() -> None:
    mock = MockPlatform()
    mock.cut("booking")
    for _ in range(2):
        with pytest.raises(Unavailable, match="does not answer"):
            await mock.clients.booking.packages()
    mock.mend("booking")
    assert len(await mock.clients.booking.packages()) == 5


async def test_a_part_takes_its_time() -> None:
    mock = MockPlatform()
    mock.delay("hub", 5, times=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(mock.clients.hub.users(), 0.05)
    assert await asyncio.wait_for(mock.clients.hub.users(), 0.05) == []


async def test_a_departure_takes_all_along() -> None:
    mock = MockPlatform()
    guest = await mock.clients.accounts.open_guest("192.0.2.1")
    mock.hub.add_user(guest.name, running=True)
    await mock.clients.storage.ensure(TEMP.model_copy(update={"account": guest.name}))
    await mock.clients.booking.admit(AdmissionRequest(account=guest.name, level=guest.level))
    await mock.clients.accounts.leave(guest.name, "bored")
    mock.finish_departures()
    assert await mock.clients.accounts.accounts() == []
    assert await mock.clients.hub.users() == []
    assert await mock.clients.storage.spaces() == []
    assert await mock.clients.booking.admissions() == []
