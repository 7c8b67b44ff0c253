"""A booking service at one moment, with accounts of all kinds, for tests of bookings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from aglais_booking import service
from aglais_hub.client.mock import MockPlatform
from aglais_hub.identity import scope
from aglais_hub.models.accounts import AccountEdit, AccountRequest, Level
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "bookings"), scope("write", "bookings")
ALL = (
    READ, WRITE, scope("read", "packages"), scope("write", "packages"),
    scope("read", "pools"), scope("write", "pools"),
)  # fmt: skip
GIB = 2**30
NOW = "2026-06-01T09:20:00Z"
"""A Monday."""

SMALL = {"name": "Stars", "package": "small", "first_day": "2026-06-03", "last_day": "2026-06-04"}
MOMENTS = {"name": "Stars", "package": "small"}


async def people() -> MockPlatform:
    """Return accounts: alice and bob of level 1, nora of level n, and a guest."""
    platform = MockPlatform()
    accounts = platform.clients.accounts
    for name in ("alice", "bob", "nora"):
        await accounts.create_account(AccountRequest(name=name))
    await accounts.create_account(AccountRequest(name="guest-1", level=Level.ANONYMOUS))
    higher = AccountEdit(level=Level.CUSTOM, display_name=None, expires_at=None, why="a project")
    await accounts.edit_account("nora", higher)
    return platform


@asynccontextmanager
async def booking_of(
    database_url: str, hub: HubDouble, platform: MockPlatform
) -> AsyncIterator[RunningService]:
    """Run booking on 4 cores promised 4 times and 16 GiB; three quarters can be booked.

    So three small packages fit at once: 3 cores and 4 GiB each.
    """
    machine = {"embedded_cores": 4, "embedded_memory_bytes": 16 * GIB}
    async with running(service, database_url, hub, platform.clients, **machine) as service_:
        yield service_


def owner(booking: RunningService, name: str) -> httpx.AsyncClient:
    """Return the API as somebody who may read and write their own bookings."""
    held = [f"{one}!user={name}" for one in (READ, WRITE)]
    return booking.api(booking.hub.token(name, *held, scope("read", "packages")))


def admin(booking: RunningService) -> httpx.AsyncClient:
    """Return the API as somebody who may do everything."""
    return booking.program(*ALL)


async def book(api: httpx.AsyncClient, **given: Any) -> httpx.Response:
    """Book two days of a small package, or something else."""
    times = {"first_day", "start", "spans"} & given.keys()
    return await api.post("bookings", json=(MOMENTS if times else SMALL) | given)


def spans(booked: httpx.Response) -> list[tuple[str, str]]:
    """Return the times of a booking that was made."""
    assert booked.status_code in {200, 201}, booked.text
    return [(span["starts_at"], span["ends_at"]) for span in booked.json()["spans"]]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status_code, answer.json()["code"]
