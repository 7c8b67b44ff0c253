"""Bookings begin and end when it is time: once, on time, whatever clocks and replicas do."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from aglais_booking import service
from aglais_booking.managers import Managers
from aglais_booking.managers.base import WRITE_BOOKINGS, Stores
from aglais_booking.managers.clock import ClockManager
from aglais_booking.rules.clock import joined_end, state_at, together
from aglais_booking.stores.spans import ClockSpan
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.bookings import Span, SpanState
from tests.booking.killed import effects_of, manager_of, run_clock
from tests.booking.on_clock import HOUR, MINUTE, SECOND, book, change_span, mails, span_states
from tests.support.services import prepare_database

NINE = datetime.fromisoformat("2030-05-06T09:00:00Z")


@pytest.fixture
def url(database_url: str) -> str:
    prepare_database(service.package, database_url)
    return database_url


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture
async def manager(url: str, journal: Path) -> AsyncIterator[Managers]:
    manager = manager_of(url, journal)
    yield manager
    await manager.context.database.close()


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """The time of day, which the test sets; it is nine o'clock."""
    with time_machine.travel(NINE, tick=False) as coordinates:
        yield coordinates


async def test_a_span_begins_and_ends_with_all_that_follows(
    manager: Managers, journal: Path, clock: time_machine.Coordinates
) -> None:
    booking = await book(manager, (HOUR, 2 * HOUR), (5 * HOUR, 6 * HOUR))
    seen = []
    for hours in (0.999, 1, 1.001, 1.999, 2, 4.9, 5, 6, 7):
        clock.move_to(NINE + timedelta(hours=hours))
        await manager.clock.tick()
        seen.append(await span_states(manager, booking))
    assert [state for state, _ in seen] == [
        "booked", "active", "active", "active", "booked", "booked", "active", "ended", "ended",
    ]  # fmt: skip
    assert seen[-1][1] == ["ended", "ended"]
    found = await effects_of(manager, journal)
    assert dict(found["history"]) == {"started": 2, "ended": 2}
    assert dict(found["events"]) == {"booking.started": 2, "booking.ended": 2}
    assert await mails(manager) == [("alice", "Your booking Sky has begun")] * 2


async def test_spans_that_follow_each_other_tell_their_owner_once(
    manager: Managers, clock: time_machine.Coordinates
) -> None:
    await book(manager, (timedelta(), HOUR), (HOUR, 2 * HOUR))
    for hours in (0, 1, 2):
        clock.move_to(NINE + hours * HOUR)
        await manager.clock.tick()
    assert len(await mails(manager)) == 1


async def test_a_span_that_passed_while_nobody_was_there_ends_without_having_begun(
    manager: Managers, journal: Path, clock: time_machine.Coordinates
) -> None:
    booking = await book(manager, (HOUR, 2 * HOUR))
    clock.move_to(NINE + 50 * HOUR)
    await manager.clock.tick()
    found = await effects_of(manager, journal)
    assert await span_states(manager, booking) == ("ended", ["ended"])
    assert dict(found["history"]) == {"ended": 1}
    assert await mails(manager) == []


async def test_a_clock_that_jumps_an_hour_does_everything_once(
    manager: Managers, journal: Path, clock: time_machine.Coordinates
) -> None:
    short = await book(manager, (10 * MINUTE, 30 * MINUTE))
    long = await book(manager, (10 * MINUTE, 3 * HOUR))
    seen = []
    for minutes in (0, 60, 0, 15, 60, 15, 120, 180, 120, 240):
        clock.move_to(NINE + minutes * MINUTE)
        await manager.clock.tick()
        seen.append(((await span_states(manager, short))[0], (await span_states(manager, long))[0]))
    assert seen == [
        ("booked", "booked"),
        ("ended", "active"),  # an hour forward
        ("ended", "active"),  # and back: what is over is not begun again, who is at work goes on
        ("ended", "active"), ("ended", "active"), ("ended", "active"), ("ended", "active"),
        ("ended", "ended"), ("ended", "ended"), ("ended", "ended"),
    ]  # fmt: skip
    found = await effects_of(manager, journal)
    assert dict(found["history"]) == {"started": 1, "ended": 2}
    assert dict(found["events"]) == {"booking.started": 1, "booking.ended": 2}


async def test_who_ends_a_span_before_the_clock_has_come_finds_it_begun(
    manager: Managers, journal: Path, clock: time_machine.Coordinates
) -> None:
    booking = await book(manager, (HOUR, 2 * HOUR))
    clock.move_to(NINE + HOUR + SECOND)
    owner = Actor("alice", "user", frozenset({f"{WRITE_BOOKINGS}!user=alice"}))
    await manager.spans.cancel(owner, booking.id, None)
    await manager.clock.tick()
    found = await effects_of(manager, journal)
    assert found["history"]["started"] == found["events"]["booking.started"] == 1
    assert (await span_states(manager, booking))[1] == ["ended"]


@pytest.mark.parametrize("span_count", [30])
async def test_two_replicas_at_once_do_each_thing_once(
    span_count: int, manager: Managers, url: str, journal: Path
) -> None:
    other = manager_of(url, journal)
    for _ in range(span_count):
        await book(manager, (-MINUTE, HOUR), package="tiny")
    moved = await asyncio.gather(manager.clock.tick(), other.clock.tick())
    await other.context.database.close()
    found = await effects_of(manager, journal)
    assert sum(moved) == span_count
    assert dict(found["history"]) == {"started": span_count}
    assert dict(found["notices"]) == {"begun": span_count}


async def test_who_edits_a_span_that_is_due_wins_or_comes_after(manager: Managers) -> None:
    booking = await book(manager, (-MINUTE, HOUR))
    async with manager.reading() as stores:
        (due,) = await stores.spans.due("embedded", utcnow(), 9)
    await change_span(
        manager, booking, starts_at=utcnow() + HOUR, ends_at=utcnow() + 2 * HOUR
    )  # while the clock was about to begin it
    async with manager.writing() as stores:
        assert not await manager.clock._move(stores, due, utcnow())
    assert await span_states(manager, booking) == ("booked", ["booked"])


class ForgetfulClock(ClockManager):
    """A clock as it is often written: the state is one transaction, what follows another."""

    async def _move_some(self, pool: str, now: datetime) -> int:
        async with self.writing() as stores:
            due = await stores.spans.due(pool, now, 9)
            for span in due:
                await stores.spans.move(span, state_at(span, now))
        self.notice("span-moved")
        async with self.writing() as stores:
            for span in due:
                await self._follow(stores, span, state_at(span, now), now)
        return len(due)


class TrustingClock(ClockManager):
    """A clock that believes what it has read: no condition."""

    async def _move(self, stores: Stores, span: ClockSpan, now: datetime) -> bool:
        await self._follow(stores, span, state_at(span, now), now)
        return True


class Killed(BaseException):
    """Stands for kill -9 in this process."""


async def test_the_check_sees_a_clock_that_forgets_what_follows(
    manager: Managers, journal: Path
) -> None:
    await book(manager, (-MINUTE, HOUR))

    def die(_step: str) -> None:
        raise Killed

    with pytest.raises(Killed):
        await ForgetfulClock(manager.context, die).tick()
    await manager.clock.tick()
    found = await effects_of(manager, journal)
    assert dict(found["spans"]) == {"active": 1}
    assert dict(found["history"]) == {}, "it is lost for ever, and the check must see it"


async def test_the_check_sees_a_clock_that_trusts_what_it_read(
    manager: Managers, journal: Path
) -> None:
    await book(manager, (-MINUTE, HOUR))
    async with manager.reading() as stores:
        due = await stores.spans.due("embedded", utcnow(), 9)
    seen = []
    for replica in (manager.clock, manager.clock, TrustingClock(manager.context)):
        async with manager.writing() as stores:
            await replica._move(stores, due[0], utcnow())
        seen.append((await effects_of(manager, journal))["history"]["started"])
    assert seen == [1, 1, 2]


processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.booking.killed"])


@pytest.mark.slow
async def test_a_replica_that_is_killed_delays_nothing_beyond_five_seconds(
    manager: Managers, url: str, journal: Path
) -> None:
    await manager.pools.ensure()
    replicas = [processes.Process(target=run_clock, args=(url, journal)) for _ in range(2)]
    for replica in replicas:
        replica.start()
    booking = await book(manager, (4 * SECOND, 8 * SECOND))
    await asyncio.sleep(3.8)
    pid = replicas[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    lateness = {}
    for state, moment in (("active", booking.starts_at), ("ended", booking.ends_at)):
        while (await span_states(manager, booking))[0] != state:
            assert time.time() < moment.timestamp() + 5, f"it is not {state} in time"
            await asyncio.sleep(0.05)
        lateness[state] = utcnow() - moment
    replicas[1].kill()
    found = await effects_of(manager, journal)
    assert all(timedelta() <= late < 5 * SECOND for late in lateness.values()), lateness
    assert dict(found["history"]) == {"started": 1, "ended": 1}


@pytest.mark.slow
async def test_as_many_as_begin_at_nine_o_clock_begin_in_time(manager: Managers) -> None:
    for _ in range(300):
        await book(manager, (-SECOND, HOUR), package="tiny")
    began = time.monotonic()
    assert await manager.clock.tick() == 300
    assert time.monotonic() - began < 4


def test_what_is_on_until_when() -> None:
    def span(first: float, end: float, state: SpanState = SpanState.BOOKED) -> Span:
        return Span(id="s", starts_at=NINE + first * HOUR, ends_at=NINE + end * HOUR, state=state)

    now = NINE + HOUR / 2
    assert joined_end([span(0, 1)], now) == NINE + HOUR
    assert joined_end([span(1, 2), span(0, 1), span(3, 4)], now) == NINE + 2 * HOUR
    assert joined_end([span(0, 3), span(1, 2)], now) == NINE + 3 * HOUR
    assert joined_end([span(0, 0.5), span(0.6, 2)], now) is None
    assert joined_end([span(0, 1), span(1, 2, SpanState.CANCELLED)], now) == NINE + HOUR
    assert together([SpanState.CANCELLED, SpanState.ENDED]).value == "ended"
