"""Bookings over REST: made, read, listed, renamed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import time_machine

from aglais_booking import service
from aglais_hub.client.mock import MockPlatform
from aglais_hub.identity import scope
from aglais_hub.models.accounts import AccountEdit, AccountRequest, Level
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "bookings"), scope("write", "bookings")
GIB = 2**30
NOW = "2026-06-01T09:20:00Z"
"""A Monday."""

SMALL = {"name": "Stars", "package": "small", "first_day": "2026-06-03", "last_day": "2026-06-04"}


@pytest.fixture(autouse=True)
def clock() -> Any:
    """It is always the same moment, unless a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
async def platform() -> MockPlatform:
    """Accounts: alice and bob of level 1, nora of level n."""
    platform = MockPlatform()
    for name in ("alice", "bob", "nora"):
        await platform.clients.accounts.create_account(AccountRequest(name=name))
    await platform.clients.accounts.edit_account(
        "nora", AccountEdit(level=Level.CUSTOM, display_name=None, expires_at=None, why="a project")
    )
    return platform


@pytest.fixture
async def booking(
    database_url: str, hub: HubDouble, platform: MockPlatform
) -> AsyncIterator[RunningService]:
    """Booking on 4 cores promised 4 times and 16 GiB, of which three quarters can be booked."""
    machine = {"embedded_cores": 4, "embedded_memory_bytes": 16 * GIB}
    async with running(service, database_url, hub, platform.clients, **machine) as service_:
        yield service_


def owner(booking: RunningService, name: str) -> httpx.AsyncClient:
    held = [f"{one}!user={name}" for one in (READ, WRITE)]
    return booking.api(booking.hub.token(name, *held))


async def book(api: httpx.AsyncClient, **given: Any) -> httpx.Response:
    return await api.post("bookings", json=SMALL | given)


async def test_days_are_booked_from_midnight_to_midnight_in_the_zone(
    booking: RunningService,
) -> None:
    async with owner(booking, "alice") as api:
        made = await book(api, zone="Europe/London")
        found = await api.get(made.headers["Location"].partition("/api/")[2])
    body = made.json()
    assert made.status_code == 201, made.text
    assert found.json() == body
    assert (body["account"], body["state"], body["pool"]) == ("alice", "booked", "embedded")
    assert (body["starts_at"], body["ends_at"]) == ("2026-06-02T23:00:00Z", "2026-06-04T23:00:00Z")
    assert [span["state"] for span in body["spans"]] == ["booked"]
    assert body["limits"]["worker_count"] == 1
