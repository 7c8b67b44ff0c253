"""Sessions end with their bookings, or for one, after a warning; unused bookings come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine

from aglais_booking import service
from aglais_booking.managers import Managers
from aglais_hub.client.mock import MockPlatform
from aglais_hub.errors import AglaisError
from aglais_hub.identity import Actor, scope
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import Admission, AdmissionRequest
from aglais_hub.models.bookings import SpanState
from tests.booking.killed import effects_of, manager_of
from tests.booking.on_clock import HOUR, MINUTE, SECOND, book, change_span, mails, span_states
from tests.support.services import prepare_database

NINE = datetime.fromisoformat("2030-05-06T09:00:00Z")
GIB = 2**30
SPAWNER = Actor("aglais", "service", frozenset({scope("write", "admissions")}))
SMALL_MACHINE = {"embedded_cores": 4, "embedded_memory_bytes": 32 * GIB}
"""16 promised cores, 4 of them kept; small takes 3, medium 6."""


class World:
    """The service's managers on a platform in memory, and the time of day."""

    def __init__(self, manager: Managers, mock: MockPlatform, clock: Any, journal: Path) -> None:
        self.manager, self.mock, self.clock, self.journal = manager, mock, clock, journal

    async def admit(self, account: str, **asked: Any) -> Admission:
        """Let a session in, which then runs."""
        if account not in self.mock.hub.known:
            self.mock.hub.add_user(account, running=True)
        self.mock.hub.known[account] |= {"servers": {"": {"name": "", "stopped": False}}}
        request = AdmissionRequest(account=account, level=Level.BASIC, **asked)
        return await self.manager.admissions.admit(SPAWNER, request)

    async def at(self, after_nine: timedelta) -> dict[str, Admission]:
        """Let it be so much later, and all work in the background be done once."""
        self.clock.move_to(NINE + after_nine)
        await self.manager.clock.tick()
        await self.manager.endings.look()
        await self.manager.unused.look()
        await self.manager.reminders.remind()
        return await self.sessions()

    async def sessions(self) -> dict[str, Admission]:
        """Return the sessions that there are, by account."""
        async with self.manager.reading() as stores:
            return {one.account: one for one in await stores.admissions.in_pool("embedded")}

    def runs(self, account: str) -> bool:
        """Tell whether somebody's server runs."""
        return bool(self.mock.hub.known[account]["servers"])


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    prepare_database(service.package, database_url)
    mock, journal = MockPlatform(), tmp_path / "events.jsonl"
    manager = manager_of(database_url, journal, mock.clients, **SMALL_MACHINE)
    with time_machine.travel(NINE, tick=False) as clock:
        yield World(manager, mock, clock, journal)
    await manager.context.database.close()


async def test_a_session_is_warned_gets_grace_and_ends_with_its_booking(world: World) -> None:
    await book(world.manager, (timedelta(), 2 * HOUR))
    await world.admit("alice")
    early = await world.at(104 * MINUTE)
    warned = await world.at(105 * MINUTE)
    again = await world.at(110 * MINUTE)
    grace = await world.at(129 * MINUTE)
    ran = world.runs("alice")
    over = await world.at(130 * MINUTE)
    assert early["alice"].warned_at is None
    assert warned["alice"].warned_at == again["alice"].warned_at == NINE + 105 * MINUTE
    assert "alice" in grace
    assert ran
    assert over == {}
    assert not world.runs("alice")
    ends = [subject for _, subject in await mails(world.manager) if "session ends" in subject]
    assert ends == ["Your session ends 2030-05-06 at 11:00 (UTC)"]
    events = (await effects_of(world.manager, world.journal))["events"]
    assert (events["session.warned"], events["admission.released"]) == (1, 1)


async def test_no_grace_is_given_where_the_next_booking_needs_the_place(world: World) -> None:
    await book(world.manager, (timedelta(), HOUR), package="medium")
    await book(world.manager, (timedelta(), 3 * HOUR), account="bob", package="medium")
    await world.admit("alice")
    await world.admit("bob")
    await book(world.manager, (HOUR, 2 * HOUR), account="carol", package="medium")
    assert set(await world.at(HOUR - SECOND)) == {"alice", "bob"}
    # 16 cores: bob's booking and carol's take 12, and 4 are left for alice's 6.
    assert set(await world.at(HOUR)) == {"bob"}
    await world.admit("carol")
    assert (await world.sessions())["carol"].booking is not None


async def test_an_extension_is_followed_and_another_warning_comes_before_the_new_end(
    world: World,
) -> None:
    booking = await book(world.manager, (timedelta(), HOUR))
    await world.admit("alice")
    warned = (await world.at(50 * MINUTE))["alice"]
    await change_span(world.manager, booking, ends_at=NINE + 3 * HOUR)
    later = (await world.at(51 * MINUTE))["alice"]
    assert set(await world.at(2 * HOUR)) == {"alice"}
    last = (await world.at(170 * MINUTE))["alice"]
    assert warned.warned_at is not None
    assert (later.until, later.warned_at) == (NINE + 3 * HOUR, None)
    assert last.warned_at == NINE + 170 * MINUTE


async def test_a_session_that_is_over_by_its_level_ends_as_well(
    database_url: str, tmp_path: Path
) -> None:
    prepare_database(service.package, database_url)
    mock = MockPlatform()
    settings: dict[str, Any] = {"session_seconds": {1: 3600}, **SMALL_MACHINE}
    manager = manager_of(database_url, None, mock.clients, **settings)
    with time_machine.travel(NINE, tick=False) as clock:
        world = World(manager, mock, clock, tmp_path / "none")
        await world.admit("alice")
        assert (await world.at(50 * MINUTE))["alice"].warned_at is not None
        assert await world.at(71 * MINUTE) == {}
    await manager.context.database.close()


async def test_the_youngest_spare_sessions_make_room_enough_and_no_more(world: World) -> None:
    await book(world.manager, (HOUR, 2 * HOUR), account="zoe", package="medium")
    for minute, account in enumerate(["firm", "old", "middle", "young"]):
        await world.at(minute * MINUTE)
        await world.admit(account)
    # 12 of 16 cores are taken, and 6 are needed: one of 3 has to go, the youngest.
    quiet = await world.at(44 * MINUTE)
    warned = await world.at(45 * MINUTE)
    await world.at(50 * MINUTE)
    here = await world.at(HOUR - SECOND)
    gone = await world.at(HOUR)
    assert [one.is_interruptible for one in quiet.values()] == [False, True, True, True]
    assert {name for name, one in quiet.items() if one.until} == set()
    assert {name: one.until for name, one in warned.items() if one.until} == {"young": NINE + HOUR}
    assert set(here) == {"firm", "old", "middle", "young"}
    assert set(gone) == {"firm", "old", "middle"}
    assert (world.runs("young"), world.runs("middle")) == (False, True)
    booked = await world.admit("zoe")
    assert (booked.booking is not None, booked.package) == (True, "medium")
    told = [mail for mail in await mails(world.manager) if "a booking needs its place" in mail[1]]
    assert [account for account, _ in told] == ["young"]


async def test_a_session_stays_whose_place_is_not_needed_any_more(world: World) -> None:
    booking = await book(world.manager, (HOUR, 2 * HOUR), account="zoe", package="medium")
    for account in ("firm", "old", "middle", "young"):
        await world.admit(account)
        world.clock.shift(SECOND)
    warned = await world.at(50 * MINUTE)
    await change_span(world.manager, booking, state=SpanState.CANCELLED)
    spared = await world.at(51 * MINUTE)
    assert warned["young"].until == NINE + HOUR
    assert (spared["young"].until, spared["young"].warned_at) == (None, None)
    assert set(await world.at(90 * MINUTE)) == {"firm", "old", "middle", "young"}
    assert ("young", "Your session stays") in await mails(world.manager)


async def test_who_was_told_to_go_goes_and_nobody_else_is_told_for_nothing(world: World) -> None:
    await book(world.manager, (HOUR, 2 * HOUR), account="zoe", package="medium")
    for account in ("firm", "old", "middle", "young"):
        await world.admit(account)
        world.clock.shift(SECOND)
    await world.at(50 * MINUTE)
    # Somebody else leaves, and a younger one comes in its place before the booking begins.
    await world.manager.admissions.free((await world.sessions())["middle"].id, reason="left")
    spared = await world.at(51 * MINUTE)
    assert {name for name, one in spared.items() if one.until} == set()


async def test_a_booking_that_begins_at_once_still_leaves_time_to_save(world: World) -> None:
    for account in ("firm", "old", "middle", "young", "last"):
        await world.admit(account)
        world.clock.shift(SECOND)
    await book(world.manager, (5 * SECOND, HOUR), account="zoe", package="medium")
    told = await world.at(11 * SECOND)
    ends = {name: one.until for name, one in told.items() if one.until}
    assert ends == dict.fromkeys(("young", "last"), NINE + 71 * SECOND)
    with pytest.raises(AglaisError) as refused:
        await world.admit("zoe")
    assert refused.value.code == "place-being-freed"
    assert set(await world.at(72 * SECOND)) == {"firm", "old", "middle"}
    assert (await world.admit("zoe")).package == "medium"


async def test_a_session_that_does_not_stop_at_once_is_counted_until_it_is_gone(
    world: World,
) -> None:
    await book(world.manager, (timedelta(), HOUR))
    await world.admit("alice")
    world.mock.hub.stopping.add("alice")
    assert set(await world.at(2 * HOUR)) == {"alice"}
    world.mock.hub.stopping.clear()
    assert await world.at(2 * HOUR + SECOND) == {}


async def test_sessions_that_end_together_are_stopped_at_the_same_time(world: World) -> None:
    for account in ("alice", "bob"):
        await book(world.manager, (timedelta(), HOUR), account=account)
        await world.admit(account)
    both, asked = asyncio.Event(), []

    async def wait_for_the_other(when: str, request: httpx.Request) -> None:
        if when == "before" and request.method == "DELETE":
            asked.append(request.url.path)
            if len(asked) == 2:
                both.set()
            await both.wait()

    world.mock.moment = wait_for_the_other
    assert await asyncio.wait_for(world.at(2 * HOUR), 20) == {}


async def test_a_hub_that_is_away_keeps_nothing_from_being_done_later(world: World) -> None:
    await book(world.manager, (timedelta(), HOUR))
    await world.admit("alice")
    world.mock.fail("hub", status=503)
    assert set(await world.at(2 * HOUR)) == {"alice"}
    world.mock.mend()
    assert await world.at(2 * HOUR + SECOND) == {}


async def test_a_booking_that_nobody_uses_is_given_back_after_a_warning(world: World) -> None:
    booking = await book(world.manager, (timedelta(), 20 * HOUR), (30 * HOUR, 40 * HOUR))
    seen = []
    for hours in (0, 4.9, 5, 5.9, 6):
        await world.at(hours * HOUR)
        told = [subject for _, subject in await mails(world.manager) if "given back" in subject]
        seen.append((len(told), (await span_states(world.manager, booking))[1][0]))
    assert seen == [(0, "active"), (0, "active"), (1, "active"), (1, "active"), (2, "returned")]
    found = await effects_of(world.manager, world.journal)
    assert found["holds"] == {booking.spans[1].id: 1}
    assert found["events"]["booking.returned"] == 1
    assert (await span_states(world.manager, booking))[0] == "booked"


@pytest.mark.parametrize("used_until", [3, 5.5])
async def test_a_booking_that_was_used_has_its_hours_from_then_on(
    world: World, used_until: float
) -> None:
    booking = await book(world.manager, (timedelta(), 30 * HOUR))
    session = await world.admit("alice")
    await world.at(used_until * HOUR)
    assert (await span_states(world.manager, booking))[0] == "active"
    await world.manager.admissions.free(session.id, reason="left")
    await world.at((used_until + 5.5) * HOUR)
    assert (await span_states(world.manager, booking))[0] == "active"
    await world.at((used_until + 6.6) * HOUR)
    assert (await span_states(world.manager, booking))[0] == "returned"


async def test_who_comes_back_after_the_warning_keeps_the_booking(world: World) -> None:
    booking = await book(world.manager, (timedelta(), 30 * HOUR))
    await world.at(timedelta())
    await world.at(5.5 * HOUR)
    await world.admit("alice")
    await world.at(8 * HOUR)
    assert (await span_states(world.manager, booking))[0] == "active"


async def test_nobody_loses_a_booking_unwarned_when_the_service_was_away(world: World) -> None:
    booking = await book(world.manager, (timedelta(), 30 * HOUR))
    await world.at(20 * HOUR)
    assert (await span_states(world.manager, booking))[0] == "active"
    await world.at(21 * HOUR)
    assert (await span_states(world.manager, booking))[0] == "returned"


async def test_nothing_is_given_back_where_that_is_off(database_url: str, tmp_path: Path) -> None:
    prepare_database(service.package, database_url)
    manager = manager_of(database_url, None, MockPlatform().clients, unused_hours=0)
    booking = await book(manager, (-20 * HOUR, 20 * HOUR), state=SpanState.ACTIVE)
    await manager.unused.look()
    assert (await span_states(manager, booking))[0] == "active"
    await manager.context.database.close()


async def test_owners_are_reminded_before_a_booking_begins_and_ends(world: World) -> None:
    await book(world.manager, (30 * HOUR, 100 * HOUR), name="A\r\nB", zone="Asia/Tokyo")
    seen = []
    for hours in (5, 6, 7, 28, 29, 29.5, 30, 75, 76, 98, 99, 99.5):
        before = len(await mails(world.manager))
        await world.at(hours * HOUR)
        new = (await mails(world.manager))[before:]
        seen.append([subject for _, subject in new if "given back" not in subject])
    begins = ["Your booking A B begins 2030-05-08 at 00:00 (Asia/Tokyo)"]
    ends = ["Your booking A B ends 2030-05-10 at 22:00 (Asia/Tokyo)"]
    begun = ["Your booking A B has begun"]
    assert seen[:7] == [[], begins, [], [], begins, [], begun]
    assert ends not in seen[7:]  # nobody used it: it was given back


async def test_who_uses_a_booking_is_reminded_of_its_end(world: World) -> None:
    await book(world.manager, (timedelta(), 100 * HOUR))
    await world.admit("alice")
    seen = []
    for hours in (0, 75, 76, 80, 98.9, 99, 99.5):
        before = len(await mails(world.manager))
        await world.at(hours * HOUR)
        seen.append([subject for _, subject in (await mails(world.manager))[before:]])
    ends = ["Your booking Sky ends 2030-05-10 at 13:00 (UTC)"]
    assert seen == [["Your booking Sky has begun"], [], ends, [], [], ends, []]


async def test_who_booked_just_now_is_not_reminded(world: World) -> None:
    await book(world.manager, (30 * MINUTE, 90 * MINUTE), created_at=NINE)
    await world.at(timedelta())
    assert await mails(world.manager) == []


async def test_notices_reach_the_owner_by_the_accounts_service(world: World) -> None:
    world.mock.accounts.made("alice", Level.BASIC)
    world.mock.accounts.identified("alice", "email", "alice@example.org", "alice@example.org")
    booking = await book(world.manager, (timedelta(), HOUR))
    async with world.manager.writing() as stores:
        for about, account in (("a", "alice"), ("b", "nobody")):
            facts = {"package": "small"}
            await world.manager._notify(stores, about, account, "spare-stays", **facts)
        await world.manager._notify_cancelled(stores, booking, "root", "The air is off.")
        await world.manager._notify_cancelled(stores, booking, "alice", None)
        await world.manager._notify_over_capacity(stores, booking, "capacity-1")
        await world.manager._notify_over_capacity(stores, booking, "capacity-1")
    world.mock.fail("accounts", times=1)
    for _ in range(3):
        await world.manager.reminders.send()
        world.clock.shift(MINUTE)
    assert sorted(mail.about for mail in world.mock.accounts.mails) == [
        "Your booking Sky may not find its machines", "Your booking Sky was cancelled",
        "Your session stays",
    ]  # fmt: skip
    assert {mail.address for mail in world.mock.accounts.mails} == {"alice@example.org"}
    assert await mails(world.manager) == []
