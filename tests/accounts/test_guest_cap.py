"""Ten thousand clicks on [Give it a try] leave as many guests as may be, and no more."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from aglais_accounts import service
from aglais_accounts.managers.accounts import AccountManager, GuestLimitError
from aglais_accounts.managers.base import READ, WRITE
from aglais_hub.identity import Actor
from aglais_hub.models.accounts import Account, GuestRequest, Level
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

CAP = 20
PROGRAM = Actor("program", "service", frozenset({READ, WRITE}))


async def click(manager: AccountManager, numbers: list[int], seen: Counter[str]) -> None:
    """Click again and again, from many addresses."""
    while numbers:
        number = numbers.pop()
        address = f"192.0.{number % 250}.{random.randrange(250)}"
        try:
            await manager.open_guest(PROGRAM, GuestRequest(address=address))
        except GuestLimitError:
            seen["refused"] += 1
        else:
            seen["let in"] += 1


async def guests_after(
    at_work: RunningService, manager: AccountManager, clicks: int
) -> tuple[int, Counter[str]]:
    seen: Counter[str] = Counter()
    numbers = list(range(clicks))
    await asyncio.gather(*(click(manager, numbers, seen) for _ in range(16)))
    async with at_work.process.manager.accounts.reading() as stores:
        return (await stores.levels.taken(Level.ANONYMOUS))[1], seen


@pytest.mark.slow
async def test_ten_thousand_clicks_leave_the_cap(database_url: str, hub: HubDouble) -> None:
    clicks = 10_000 if database_url.startswith("sqlite") else 2_000
    async with running(service, database_url, hub, guest_limit=CAP) as at_work:
        left, seen = await guests_after(at_work, at_work.process.manager.accounts, clicks)
    assert left == CAP
    assert seen == {"let in": CAP, "refused": clicks - CAP}


class CountsBeforeItWrites(AccountManager):
    """Counts the guests in a transaction of its own: what it saw is old when it acts on it."""

    async def open_guest(self, actor: Actor, request: GuestRequest) -> Account:
        async with self.reading() as stores:
            _, count = await stores.levels.taken(Level.ANONYMOUS)
        AccountManager._check_guests(self, count)
        return await super().open_guest(actor, request)

    def _check_guests(self, count: int) -> None: ...


async def test_the_count_would_show_a_check_that_comes_too_early(
    database_url: str, hub: HubDouble
) -> None:
    async with running(service, database_url, hub, guest_limit=CAP) as at_work:
        naive = CountsBeforeItWrites(at_work.process.context)
        left, _ = await guests_after(at_work, naive, 100)
    assert left > CAP
