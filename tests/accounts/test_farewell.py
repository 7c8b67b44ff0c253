"""What is told about an account that went, and who may not be taken for one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from aglais_accounts.managers.base import begin_departure
from aglais_accounts.reaper import Reaper
from aglais_accounts.schema import Base
from aglais_hub.errors import Conflict, Forbidden
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import AccountRequest, Level
from aglais_hub.models.identities import EMAIL
from aglais_hub.models.storage import SpaceUsage
from tests.accounts.departing import ALL, LEAVE, MOMENTS, READ, SETTLE, Killed, Knife, World

pytestmark = pytest.mark.slow

ADDRESS = "alice@example.org"


async def mails(world: World) -> list[tuple[str, str, str]]:
    """Return address, subject and text of all mails in the outbox."""
    async with world.manager.reading() as stores:
        waiting = await stores.mails.due(utcnow(), 1000)
    return [(one.address, one.subject, world.manager.vault.open(one.text)) for one in waiting]


async def member(world: World, name: str = "alice", address: str = ADDRESS) -> str:
    """Make a member with an address, a key, and something in each space."""
    await world.account(name)
    async with world.manager.writing() as stores:
        await stores.identities.add(name, EMAIL, address, address, utcnow())
        await stores.changes.add(name, "root", "level", "0", "1", "asked for")
    for space in world.mock.storage.known.values():
        usage = SpaceUsage(bytes=3 * 2**20, files=7)
        if space.account == name:
            world.mock.storage.known[space.id] = space.model_copy(update={"usage": usage})
    return name


def said(report: list[dict[str, Any]]) -> dict[str, tuple[int, int | None, int | None]]:
    assert all(entry["at"] for entry in report)
    return {entry["what"]: (entry["count"], entry["bytes"], entry["files"]) for entry in report}


WENT = {
    "running session": (1, None, None),
    "admission": (1, None, None),
    "notebooks space": (1, 3 * 2**20, 7),
    "temp space": (1, 3 * 2**20, 7),
    "login at the Hub, with its tokens": (1, None, None),
    "booking": (1, None, None),
    "request for more resources": (1, None, None),
    "ways to log in": (1, None, None),
    "entries of its history": (1, None, None),
    "account": (1, None, None),
}


async def test_a_member_is_told_by_mail_what_went_and_others_by_an_event(world: World) -> None:
    alice = await member(world)
    await world.accounts.leave(alice, "asked to")
    await world.reaper.depart()
    assert said(world.reports[alice]) == WENT
    [(address, subject, text)] = await mails(world)
    assert (address, subject) == (ADDRESS, "Your account alice is erased")
    assert "notebooks space (3 MiB, 7 files)" in text
    assert "asked to" in text
    assert ADDRESS not in json.dumps(world.reports)


async def test_a_kill_at_any_moment_changes_nothing_of_what_is_told(world: World) -> None:
    for at in range(MOMENTS):
        name = await member(world, f"user-{at}", f"user-{at}@example.org")
        await world.accounts.leave(name, "asked to")
        knife = Knife(world, at)
        with pytest.raises(Killed):
            await knife.reaper.depart()
        world.mock.moment = None
        await world.reaper.depart()
        assert await world.left_of(name) == set(), knife.seen[-1]
        if at < MOMENTS - 1:  # Then all was done, and only the event was still to be told.
            assert said(world.reports[name]) == WENT, knife.seen[-1]
    sent = await mails(world)
    assert sorted(address for address, _, _ in sent) == sorted(
        f"user-{at}@example.org" for at in range(MOMENTS)
    )
    for _, _, text in sent:
        assert all(what in text for what in WENT)


async def test_a_guest_goes_without_a_mail(world: World) -> None:
    guest = await world.guest()
    await world.accounts.leave(guest, "bored")
    await world.reaper.depart()
    assert "temp space" in said(world.reports[guest])
    assert await mails(world) == []


async def test_how_far_it_is_can_be_seen_while_it_is_under_way(world: World) -> None:
    alice = await member(world)
    before = await world.accounts.leave_plan(alice)
    assert {one.what: (one.count, one.bytes, one.files) for one in before.belongings} == WENT
    assert (before.unknown, before.bytes) == ((), 6 * 2**20)
    assert await world.left_of(alice) == ALL, "a plan erases nothing"
    await world.accounts.leave(alice, "asked to")
    world.mock.cut("storage")
    await world.reaper.depart()
    now = await world.accounts.departure(alice)
    assert now.remaining == ("spaces", "hub-user", "bookings", "account")
    assert [(one.what, one.at is None) for one in now.report] == [
        ("running session", False),
        ("admission", False),
    ]
    assert (await world.accounts.leave_plan(alice)).unknown == ("spaces",)


async def test_who_comes_later_under_the_name_finds_nothing(world: World) -> None:
    alice = await member(world)
    await world.accounts.leave(alice, "asked to")
    await world.reaper.depart()
    await world.accounts.create_account(AccountRequest(name=alice))
    plan = await world.accounts.leave_plan(alice)
    assert [one.what for one in plan.belongings] == ["account"]
    async with world.manager.reading() as stores:
        for table in Base.metadata.tables.values():
            if "account" in table.c:
                query = select(func.count()).where(table.c.account == alice)
                assert (await stores.session.execute(query)).scalar_one() == 0, table.name


async def test_owners_may_leave_and_nobody_else(world: World) -> None:
    await member(world)
    hub, url = world.running.hub, world.running.url
    tokens = {
        "alice": hub.token("alice", f"{READ}!user=alice", f"{LEAVE}!user=alice"),
        "bob": hub.token("bob", f"{READ}!user=bob", f"{LEAVE}!user=bob"),
    }
    for who, token in tokens.items():
        client = type(world.accounts)(f"{url}api/", token)
        if who == "bob":
            for ask in (client.leave("alice", "out"), client.leave_plan("alice")):
                with pytest.raises(Forbidden):
                    await ask
        else:
            assert (await client.leave_plan("alice")).name == "alice"
            assert (await client.leave("alice", "enough")).name == "alice"
        await client.close()
        if who == "alice":
            await world.reaper.depart()
    assert await world.left_of("alice") == set()


async def promoted(world: World, guest: str) -> bool:
    """Make a guest a member as signing up does; tell whether it was still there."""
    async with world.manager.writing() as stores:
        return await stores.accounts.promote(guest, None)


async def test_a_guest_who_became_a_member_stays_when_it_logs_out(world: World) -> None:
    guest = await world.guest()
    assert await promoted(world, guest)
    with pytest.raises(Conflict) as refused:
        await world.accounts.leave(guest, "logged out", only_level=Level.ANONYMOUS)
    assert refused.value.code == "level-changed"
    assert await world.left_of(guest) == ALL


async def test_a_guest_who_is_leaving_cannot_become_a_member(world: World) -> None:
    guest = await world.guest()
    await world.accounts.leave(guest, "logged out", only_level=Level.ANONYMOUS)
    assert not await promoted(world, guest)
    await world.reaper.depart()
    assert await world.left_of(guest) == set()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("seconds", [SETTLE + 1, 1801, 8 * 3600 + 1])
async def test_who_becomes_a_member_while_the_sweep_looks_stays(
    world: World, later: Callable[[float], None], moment: str, seconds: float
) -> None:
    guest = await world.guest(runs=seconds != SETTLE + 1)
    later(seconds)

    async def signs_up(when: str, request: Any) -> None:
        asked = request.url.path.rpartition("/")[2]
        if when == moment and asked in {guest, "spaces"}:
            world.mock.moment = None
            assert await promoted(world, guest)

    world.mock.moment = signs_up
    await world.reaper.sweep()
    await world.reaper.depart()
    assert world.mock.moment is None
    assert await world.left_of(guest) == ALL


async def test_leaving_and_becoming_a_member_at_once_ends_in_one_of_both(world: World) -> None:
    """The two transactions meet in any order; on PostgreSQL they truly overlap."""
    outcomes = set()
    for _ in range(12):
        guest = await world.guest()

        async def leaves(name: str = guest) -> bool:
            async with world.manager.writing() as stores:
                return await begin_departure(
                    stores, name, "logged out", lambda one: one.level is Level.ANONYMOUS
                )

        moves = [leaves(), promoted(world, guest), leaves()]
        done = await asyncio.gather(*moves)
        went, stayed = done[0] or done[2], done[1]
        assert went is not stayed
        account = await world.accounts.account(guest)
        assert (account.level, account.state) == ((0, "leaving") if went else (1, "active"))
        outcomes.add(went)
        await Reaper(world.manager).depart()
        assert await world.left_of(guest) == (set() if went else ALL)
