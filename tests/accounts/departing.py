"""Accounts that leave: the real service among mocks of the others, and a knife that kills it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from aglais_accounts.managers import Managers
from aglais_accounts.managers.base import Stores
from aglais_accounts.reaper import Reaper
from aglais_accounts.stores.departures import STEPS
from aglais_hub.client import AccountsClient
from aglais_hub.client.mock import MockPlatform
from aglais_hub.client.mock.booking import first_packages
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import AccountRequest, Level
from aglais_hub.models.booking import AdmissionRequest, Sharing
from aglais_hub.models.bookings import Booking, BookingState
from aglais_hub.models.capacities import ResourceRequestForm
from aglais_hub.models.storage import SpaceKind, SpaceRequest
from tests.support.services import RunningService

READ, WRITE = scope("read", "accounts"), scope("write", "accounts")
LEAVE = scope("write", "departures")
SETTLE = 300
SPACES = (SpaceKind.TEMP, SpaceKind.NOTEBOOKS)
FOUND = 5
"""Steps that first ask what there is, and note it; the last one asks twice."""
REQUESTS = FOUND + 1 + 1 + 2 + 1 + len(SPACES) + 1 + 1
"""Stop the session; list and release one admission; list and erase spaces; delete the user; erase
what is booked."""
MOMENTS = 2 * (REQUESTS + FOUND + len(STEPS))
"""Before and after each request and each transaction that writes."""


TOMORROW = utcnow() + timedelta(days=1)
MORE = ResourceRequestForm(
    title="More", why="Students", cores=1, memory_bytes=1,
    starts_at=TOMORROW, ends_at=TOMORROW + timedelta(days=1),
)  # fmt: skip


def booking_of(account: str) -> Booking:
    """Return a booking that an account has."""
    return Booking(
        id=secrets.token_hex(16), account=account, name="Stars", package="small",
        sharing=Sharing.MANAGED, environment=None, pool="embedded", site=None, hardware=(),
        limits=first_packages()[1].limits, zone="UTC", state=BookingState.BOOKED,
        starts_at=TOMORROW, ends_at=TOMORROW + timedelta(days=1), spans=(), recurrence=None,
        created_at=utcnow(), sequence=0,
    )  # fmt: skip


@dataclass
class World:
    """The real accounts service among mocks of the others."""

    running: RunningService
    mock: MockPlatform
    accounts: AccountsClient
    events: list[tuple[str, str]] = field(default_factory=list)
    reports: dict[str, Any] = field(default_factory=dict)
    """What the event about the end of an account said is gone."""

    @property
    def manager(self) -> Managers:
        manager: Managers = self.running.process.manager
        return manager

    @property
    def reaper(self) -> Reaper:
        return Reaper(self.manager)

    async def guest(self, *, runs: bool = True) -> str:
        """Let a guest in as far as a session."""
        name = (await self.accounts.open_guest("192.0.2.1")).name
        await self.furnish(name, runs=runs)
        return name

    async def account(self, name: str) -> str:
        """Make a level-1 account with a session."""
        await self.accounts.create_account(AccountRequest(name=name))
        await self.furnish(name)
        return name

    async def furnish(self, name: str, *, runs: bool = True) -> None:
        user = self.mock.hub.add_user(name, running=runs)
        user["last_activity"] = utcnow().isoformat()
        for kind in SPACES:
            request = SpaceRequest(account=name, kind=kind, quota_bytes=2**20, quota_files=9)
            await self.mock.clients.storage.ensure(request)
        request = AdmissionRequest(account=name, level=Level.ANONYMOUS)
        await self.mock.clients.booking.admit(request)
        booking = booking_of(name)
        self.mock.booking.booked[booking.id] = booking
        own = [f"custom:aglais:{verb}:requests!user={name}" for verb in ("read", "write")]
        await self.mock.clients_of(name, *own).booking.request_resources(MORE)

    async def left_of(self, name: str) -> set[str]:
        """Return what there still is of somebody."""
        mock, left = self.mock, set()
        left |= {"user"} if name in mock.hub.known else set()
        left |= (
            {"spaces"} if any(one.account == name for one in mock.storage.known.values()) else set()
        )
        left |= (
            {"admission"}
            if any(a.account == name for a in mock.booking.admitted.values())
            else set()
        )
        left |= (
            {"booking"}
            if any(one.account == name for one in mock.booking.booked.values())
            else set()
        )
        left |= (
            {"request"}
            if any(one.account == name for one in mock.booking.asked.values())
            else set()
        )
        left |= (
            {"account"} if name in {one.name for one in await self.accounts.accounts()} else set()
        )
        left |= {"departure"} if name in await self.leaving() else set()
        return left

    async def leaving(self) -> dict[str, str]:
        return {one.name: one.reason for one in await self.accounts.departures()}


ALL = {"user", "spaces", "admission", "booking", "request", "account"}


class Killed(BaseException):
    """The reaper's process is gone."""


class Knife:
    """Kills at one of the moments that a reaper goes through: the n-th, or none."""

    def __init__(self, world: World, at: int | None) -> None:
        self.at, self.seen = at, list[str]()
        self.reaper = Reaper(world.manager)
        self.reaper.manager = KilledManager(world.manager.context, self)
        world.mock.moment = self.request

    async def request(self, when: str, request: httpx.Request) -> None:
        self.cut(f"{when} {request.method} {request.url.path}")

    def cut(self, moment: str) -> None:
        self.seen.append(moment)
        if len(self.seen) - 1 == self.at:
            raise Killed(moment)


class KilledManager(Managers):
    """Passes a knife before it begins to write and after it has."""

    def __init__(self, context: Any, knife: Knife) -> None:
        super().__init__(context)
        self.knife = knife

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Stores]:
        self.knife.cut("before writing")
        async with super().writing() as stores:
            yield stores
        self.knife.cut("after writing")
