"""How guests leave: step by step, whatever is killed or away meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from aglais_accounts.reaper import Reaper
from aglais_accounts.stores.departures import STEPS
from aglais_hub.errors import Conflict, Unavailable
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import AccountRequest, Level
from aglais_hub.models.bookings import BookingRequest, BookingState
from tests.accounts.departing import ALL, MOMENTS, REQUESTS, SETTLE, Killed, Knife, World


async def test_a_guest_who_leaves_takes_all_along_and_nothing_of_others(world: World) -> None:
    guest, other, alice = await world.guest(), await world.guest(), await world.account("alice")
    departure = await world.accounts.leave(guest, "bored")
    assert departure.remaining == STEPS
    await world.reaper.depart()
    assert await world.left_of(guest) == set()
    assert await world.left_of(other) == await world.left_of(alice) == ALL


async def test_the_session_ends_before_anything_is_erased(world: World) -> None:
    guest = await world.guest()
    world.mock.hub.stopping.add(guest)
    await world.accounts.leave(guest, "bored")
    await world.reaper.depart()
    assert await world.left_of(guest) == ALL | {"departure"}
    assert (await world.accounts.account(guest)).state == "leaving"
    world.mock.hub.stopping.clear()
    await world.reaper.depart()
    assert await world.left_of(guest) == set()


async def test_leaving_twice_is_one_departure(world: World) -> None:
    guest = await world.guest()
    answers = await asyncio.gather(*(world.accounts.leave(guest, f"no {n}") for n in range(8)))
    assert len({one.reason for one in answers}) == 1
    assert len(await world.accounts.departures()) == 1
    await world.reaper.depart()
    assert await world.left_of(guest) == set()
    assert world.events.count(("account.leaving", guest)) == 1
    assert world.events.count(("account.erased", guest)) == 1


async def test_a_reaper_killed_at_any_moment_goes_on_where_it_was(world: World) -> None:
    bystander, alice = await world.guest(), await world.account("alice")
    for at in range(MOMENTS):
        guest = await world.guest()
        await world.accounts.leave(guest, "bored")
        knife = Knife(world, at)
        with pytest.raises(Killed):
            await knife.reaper.depart()
        world.mock.moment = None
        await world.reaper.depart()
        assert await world.left_of(guest) == set(), knife.seen[-1]
    assert await world.left_of(bystander) == await world.left_of(alice) == ALL


async def test_every_moment_of_a_departure_was_tried(world: World) -> None:
    await world.accounts.leave(await world.guest(), "bored")
    knife = Knife(world, None)
    await knife.reaper.depart()
    assert len(knife.seen) == MOMENTS


async def test_each_thing_is_erased_once_where_nothing_is_killed(world: World) -> None:
    guest = await world.guest()
    await world.accounts.leave(guest, "bored")
    world.mock.requests.clear()
    await world.reaper.depart()
    changes = [one for one in world.mock.requests if one[1] != "GET"]
    assert len(world.mock.requests) == REQUESTS
    assert len(changes) == len(set(changes))


@pytest.mark.parametrize("part", ["hub", "booking", "storage"])
@pytest.mark.parametrize("how", ["fails", "is cut off"])
async def test_who_is_away_is_waited_for(world: World, part: str, how: str) -> None:
    guest = await world.guest()
    await world.accounts.leave(guest, "bored")
    trouble = world.mock.fail if how == "fails" else world.mock.cut
    trouble(part)
    for _ in range(3):
        await world.reaper.depart()
    assert {"account", "user", "departure"} <= await world.left_of(guest)
    world.mock.mend()
    await world.reaper.depart()
    assert await world.left_of(guest) == set()


async def test_what_is_booked_is_given_back(world: World) -> None:
    world.mock.accounts.made("nora", Level.BASIC)
    now = utcnow()
    booked = await world.mock.clients.booking.book(
        BookingRequest(
            name="Sky",
            package="small",
            account="nora",
            start=now + timedelta(hours=1),
            end=now + timedelta(hours=3),
        )
    )
    await world.accounts.create_account(AccountRequest(name="nora"))
    await world.accounts.leave("nora", "bored")
    for _ in range(2):
        await world.reaper.depart()
    found = await world.mock.clients.booking.booking(booked.id)
    assert found.state is BookingState.CANCELLED
    assert "nora" not in [one.name for one in await world.accounts.accounts()]


async def test_one_who_cannot_leave_keeps_nobody_else(world: World) -> None:
    first, second = await world.guest(), await world.guest()
    for guest in (first, second):
        await world.accounts.leave(guest, "bored")

    async def not_json(when: str, request: httpx.Request) -> None:
        if first in request.url.path and when == "before":
            raise ValueError("an answer that nobody expected")

    world.mock.moment = not_json
    await world.reaper.depart()
    assert await world.left_of(first) == ALL | {"departure"}
    assert await world.left_of(second) == set()


async def test_two_replicas_at_once_do_no_harm(world: World) -> None:
    bystander = await world.guest()
    guests = [await world.guest() for _ in range(4)]
    for guest in guests:
        await world.accounts.leave(guest, "bored")
    world.mock.delay("storage", 0.01)
    rounds = (Reaper(world.manager).depart() for _ in range(3))
    sweeps = (Reaper(world.manager).sweep() for _ in range(3))
    await asyncio.gather(*rounds, *sweeps)
    world.mock.mend()
    await world.reaper.depart()
    assert [await world.left_of(guest) for guest in guests] == [set()] * 4
    assert await world.left_of(bystander) == ALL
    assert [world.events.count(("account.erased", guest)) for guest in guests] == [1] * 4


async def test_two_sweeps_at_once_begin_one_departure(
    world: World, later: Callable[[float], None]
) -> None:
    guest = await world.guest(runs=False)
    later(SETTLE + 1)
    await asyncio.gather(*(Reaper(world.manager).sweep() for _ in range(4)))
    assert await world.leaving() == {guest: "it had no session"}
    assert world.events.count(("account.leaving", guest)) == 1


async def test_a_slow_replica_leaves_a_name_alone_that_is_taken_again(world: World) -> None:
    alice = await world.account("alice")
    await world.accounts.leave(alice, "bored")
    slow = Reaper(world.manager)

    async def meanwhile(when: str, request: httpx.Request) -> None:
        if when == "after" and request.method == "DELETE":
            world.mock.moment = None
            await world.reaper.depart()
            await world.account("alice")

    world.mock.moment = meanwhile
    await slow.depart()
    assert await world.left_of(alice) == ALL


GUEST_NAME = "guest-0123456789ab"


async def test_a_name_is_free_only_when_all_of_it_is_erased(world: World) -> None:
    await world.furnish(GUEST_NAME)
    await world.reaper.sweep()
    with pytest.raises(Conflict) as refused:
        await world.accounts.create_account(AccountRequest(name=GUEST_NAME))
    assert refused.value.code == "account-leaving"
    await world.reaper.depart()
    await world.account(GUEST_NAME)
    await world.reaper.depart()
    assert await world.left_of(GUEST_NAME) == ALL


async def test_accounts_made_at_once_under_one_name_are_one(world: World) -> None:
    request = AccountRequest(name="alice")
    made = (world.accounts.create_account(request) for _ in range(6))
    answers = await asyncio.gather(*made, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, BaseException)]
    assert len(refused) == 5
    assert {getattr(one, "code", one) for one in refused} == {"account-exists"}


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(0, None), (8 * 3600 + 1, "its time was over"), (1801, "nothing happened for 1800 seconds")],
)
async def test_a_guest_with_a_session_goes_when_it_is_over_or_idle(
    world: World, later: Callable[[float], None], seconds: float, reason: str | None
) -> None:
    guest = await world.guest()
    await world.account("alice")
    later(seconds)
    await world.reaper.sweep()
    assert await world.leaving() == ({guest: reason} if reason else {})


@pytest.mark.parametrize("jump", [9 * 3600, -9 * 3600])
async def test_no_guest_goes_because_the_clock_was_set(
    world: World, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    guest = await world.guest()
    await world.reaper.sweep()
    later(jump)
    await world.reaper.sweep()
    assert await world.leaving() == {}
    later(0)
    await world.reaper.sweep()
    assert await world.leaving() == {}, "it was set back: that is a jump, too"
    elapsed = time.monotonic
    monkeypatch.setattr("aglais_accounts.steadiness.monotonic", lambda: elapsed() + 9 * 3600)
    later(9 * 3600)
    world.mock.hub.known[guest]["servers"] = {}
    await world.reaper.sweep()
    assert await world.leaving() == {guest: "its time was over"}, "that much time has passed"


@pytest.mark.parametrize("user", ["none", "stopped", "crashed"])
@pytest.mark.parametrize(("seconds", "goes"), [(SETTLE - 5, False), (SETTLE + 1, True)])
async def test_a_guest_without_a_session_goes_after_some_time(
    world: World, later: Callable[[float], None], user: str, seconds: float, goes: bool
) -> None:
    guest = await world.guest()
    known = world.mock.hub.known
    if user == "none":
        del known[guest]
    elif user == "stopped":
        known[guest]["servers"][""]["stopped"] = True
    else:
        known[guest]["servers"] = {}
    later(seconds)
    await world.reaper.sweep()
    assert await world.leaving() == ({guest: "it had no session"} if goes else {})


async def test_what_a_guest_left_without_an_account_is_erased(world: World) -> None:
    guest, carol = "guest-0123456789ab", "carol"
    for name in (guest, carol):
        await world.furnish(name)
    del world.mock.hub.known[carol]
    await world.reaper.sweep()
    assert set(await world.leaving()) == {guest}
    await world.reaper.depart()
    assert await world.left_of(guest) == set()
    assert "spaces" in await world.left_of(carol), "saved data may outlive our own memory"


async def test_users_that_the_guest_door_did_not_name_are_let_be(world: World) -> None:
    names = ("admin", "guest-", "guest-of-honour", "guest-ünïcode and more", "guest-0123456789ABCD")
    for name in names:
        world.mock.hub.add_user(name)
    await world.reaper.sweep()
    await world.reaper.depart()
    assert set(world.mock.hub.known) == set(names)


async def test_accounts_of_higher_levels_are_let_be(
    world: World, later: Callable[[float], None]
) -> None:
    alice = await world.account("alice")
    named = await world.account("guest-0123456789ab")
    for name in (alice, named):
        world.mock.hub.known[name]["servers"] = {}
    later(100 * 86400)
    await world.reaper.sweep()
    await world.reaper.depart()
    assert await world.left_of(alice) == await world.left_of(named) == ALL


@pytest.mark.parametrize("moment", ["before users", "after users", "before spaces", "after spaces"])
async def test_a_guest_who_comes_in_while_the_sweep_looks_stays(world: World, moment: str) -> None:
    came = []

    async def comes_in(when: str, request: httpx.Request) -> None:
        if f"{when} {request.url.path.rpartition('/')[2]}" == moment:
            world.mock.moment = None
            came.append(await world.guest())

    world.mock.moment = comes_in
    await world.reaper.sweep()
    await world.reaper.depart()
    assert await world.left_of(came[0]) == ALL


async def test_a_sweep_that_takes_long_counts_from_its_beginning(
    world: World, later: Callable[[float], None]
) -> None:
    guest = await world.guest(runs=False)

    async def takes_long(when: str, request: httpx.Request) -> None:
        if when == "after" and request.url.path.endswith("/spaces"):
            later(SETTLE + 1)

    world.mock.moment = takes_long
    await world.reaper.sweep()
    assert await world.leaving() == {}
    assert await world.left_of(guest) == ALL


async def test_a_session_that_began_while_the_sweep_looked_counts(
    world: World, later: Callable[[float], None]
) -> None:
    guest = await world.guest(runs=False)
    later(SETTLE + 1)

    async def begins(when: str, request: httpx.Request) -> None:
        if when == "after" and request.url.path.endswith("/users"):
            world.mock.hub.known[guest]["servers"] = {"": {"ready": True, "stopped": False}}

    world.mock.moment = begins
    await world.reaper.sweep()
    assert await world.leaving() == {}


async def test_a_user_who_falls_between_two_parts_of_the_list_stays(
    world: World, later: Callable[[float], None]
) -> None:
    first = [await world.guest() for _ in range(2)]
    second = [await world.guest() for _ in range(2)]
    world.mock.hub.page_limit = 2
    later(SETTLE + 1)

    async def one_goes(when: str, request: httpx.Request) -> None:
        if when == "after" and request.url.path.endswith("/users"):
            world.mock.hub.known.pop(first[0], None)

    world.mock.moment = one_goes
    await world.reaper.sweep()
    assert await world.leaving() == {}
    assert [await world.left_of(name) for name in second] == [ALL, ALL]


async def test_an_account_made_while_the_sweep_looked_is_no_leftover(world: World) -> None:
    await world.furnish("alice")

    async def is_made(when: str, request: httpx.Request) -> None:
        if when == "after" and request.url.path.endswith("/spaces"):
            await world.accounts.create_account(AccountRequest(name="alice"))

    world.mock.moment = is_made
    await world.reaper.sweep()
    await world.reaper.depart()
    assert await world.left_of("alice") == ALL


@pytest.mark.parametrize("part", ["hub", "storage"])
async def test_a_sweep_that_cannot_see_all_begins_nothing(
    world: World, later: Callable[[float], None], part: str
) -> None:
    await world.guest(runs=False)
    later(SETTLE + 1)
    world.mock.fail(part, times=1)
    with pytest.raises(Unavailable):
        await world.reaper.sweep()
    assert await world.leaving() == {}
