"""How an account moves to another e-mail address: both have to be confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import time_machine

from aglais_hub.errors import Conflict, NotFound, TooManyRequests
from aglais_hub.models import utcnow
from aglais_hub.models.identities import (
    AddressChangeRequest,
    Confirmation,
    ConfirmationRequest,
    PasswordReset,
    PasswordResetRequest,
)
from tests.accounts.doors import HERE, Doors, doors_of
from tests.support.hub import HubDouble

OLD, NEW = "old@example.org", "new@example.org"
LEAVE, TAKE = "leave-address", "take-address"


@pytest.fixture
async def doors(database_url: str, hub: HubDouble) -> AsyncIterator[Doors]:
    async with doors_of(database_url, hub) as doors:
        yield doors


async def member(doors: Doors, name: str = "alice", address: str | None = OLD) -> None:
    await doors.member(name, address=address, is_address_verified=address is not None)


async def ask(doors: Doors, address: str = NEW, name: str = "alice") -> None:
    await doors.hub.change_address(name, AddressChangeRequest(address=address))


async def confirm(doors: Doors, address: str) -> Confirmation:
    code = (await doors.codes(address))[-1]
    return await doors.hub.confirm(ConfirmationRequest(code=code, came_from=HERE))  # type: ignore[arg-type]


async def address(doors: Doors, name: str = "alice") -> str | None:
    found = [one.subject for one in await doors.hub.identities(name) if one.provider == "email"]
    return found[0] if found else None


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
async def test_both_are_confirmed_in_any_order(doors: Doors, order: tuple[str, str]) -> None:
    await member(doors)
    await ask(doors)
    first = await confirm(doors, order[0])
    assert first.purpose == (LEAVE if order[0] == OLD else TAKE)
    assert (first.is_complete, first.is_same_browser, await address(doors)) == (False, False, OLD)
    pending = await doors.hub.address_change("alice")
    assert (pending.old_confirmed_at is None, pending.new_confirmed_at is None) == (
        order[0] == NEW,
        order[0] == OLD,
    )
    last = await confirm(doors, order[1])
    assert (last.is_complete, last.account.name, await address(doors)) == (True, "alice", NEW)
    assert "has another e-mail address" in (await doors.mails(OLD))[-1]
    with pytest.raises(NotFound):
        await doors.hub.address_change("alice")
    async with doors.manager.reading() as stores:
        (change,), _ = await stores.changes.page("alice", 0, 10)
    assert (change.field, change.old, change.new) == ("address", OLD, NEW)
    assert [name for name, _ in doors.events if name.startswith("address.")] == [
        "address.change-begun", "address.confirmed", "address.changed",
    ]  # fmt: skip


async def test_without_an_old_address_the_new_one_is_enough(doors: Doors) -> None:
    await member(doors, address=None)
    await ask(doors)
    assert (await confirm(doors, NEW)).is_complete
    assert await address(doors) == NEW


@pytest.mark.parametrize("only", [OLD, NEW])
async def test_one_alone_does_nothing(doors: Doors, only: str) -> None:
    await member(doors)
    await ask(doors)
    await confirm(doors, only)
    with pytest.raises(NotFound) as refused:
        await confirm(doors, only)
    assert refused.value.code == "code-unusable"
    assert await address(doors) == OLD


@pytest.mark.parametrize("first", [None, OLD, NEW])
async def test_both_have_a_day(doors: Doors, first: str | None) -> None:
    await member(doors)
    await ask(doors)
    if first:
        await confirm(doors, first)
    with time_machine.travel(utcnow() + timedelta(hours=24, seconds=1)):
        for each in (OLD, NEW):
            with pytest.raises(NotFound):
                await confirm(doors, each)
        with pytest.raises(NotFound):
            await doors.hub.address_change("alice")
        assert await address(doors) == OLD
        await doors.manager.upkeep.tidy()
        await ask(doors)
        await confirm(doors, OLD)
        await confirm(doors, NEW)
        assert await address(doors) == NEW


async def test_a_second_mail_does_not_make_the_day_longer(doors: Doors) -> None:
    await member(doors)
    await ask(doors)
    await confirm(doors, OLD)
    before = await doors.hub.address_change("alice")
    with time_machine.travel(utcnow() + timedelta(hours=23)):
        await ask(doors)
        assert await doors.hub.address_change("alice") == before
        assert len(await doors.codes(OLD)) == 1, "what is confirmed is not asked for again"
        stale, fresh = await doors.codes(NEW)
        with pytest.raises(NotFound):
            await doors.hub.confirm(ConfirmationRequest(code=stale, came_from=HERE))  # type: ignore[arg-type]
        assert (await confirm(doors, NEW)).is_complete
    assert fresh


async def test_another_new_address_begins_anew(doors: Doors) -> None:
    await member(doors)
    await ask(doors)
    await confirm(doors, OLD)
    await ask(doors, "newer@example.org")
    with pytest.raises(NotFound):
        await confirm(doors, NEW)
    assert not (await confirm(doors, "newer@example.org")).is_complete
    assert (await confirm(doors, OLD)).is_complete
    assert await address(doors) == "newer@example.org"


async def test_what_is_cancelled_does_nothing_any_more(doors: Doors) -> None:
    await member(doors)
    await ask(doors)
    await confirm(doors, OLD)
    await doors.hub.cancel_address("alice")
    with pytest.raises(NotFound):
        await confirm(doors, NEW)
    with pytest.raises(NotFound, match="not moving"):
        await doors.hub.cancel_address("alice")
    assert await address(doors) == OLD


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
async def test_an_address_that_is_taken_meanwhile_stays_with_who_took_it(
    doors: Doors, order: tuple[str, str]
) -> None:
    await member(doors)
    await ask(doors)
    await confirm(doors, order[0])
    await member(doors, "bob", NEW)
    with pytest.raises(Conflict, match="keeps its address") as refused:
        await confirm(doors, order[1])
    assert refused.value.code == "address-taken"
    assert (await address(doors), await address(doors, "bob")) == (OLD, NEW)
    # It can be taken once it is free again: nothing was consumed.
    await doors.hub.unlink(
        "bob", next(i.id for i in await doors.hub.identities("bob") if i.provider == "email")
    )
    assert (await confirm(doors, order[1])).is_complete
    assert await address(doors) == NEW


async def test_an_address_with_an_account_gets_the_same_answer_and_nothing_happens(
    doors: Doors,
) -> None:
    await member(doors)
    await member(doors, "bob", "bob@example.org")
    async with doors.client("alice") as alice:
        answers = [
            await alice.post("accounts/alice/address", json={"address": one})
            for one in (NEW, "bob@example.org")
        ]
    first, second = (one.json() for one in answers)
    differs = {"new", "expires_at"}
    assert [one.status_code for one in answers] == [202, 202]
    assert {k: v for k, v in first.items() if k not in differs} == {
        k: v for k, v in second.items() if k not in differs
    }
    assert len(await doors.codes(OLD)) == 2
    assert await doors.codes("bob@example.org") == []
    (told,) = await doors.mails("bob@example.org")
    assert "has an account already" in told
    assert "alice" not in told
    assert not (await confirm(doors, OLD)).is_complete
    assert (await address(doors), await address(doors, "bob")) == (OLD, "bob@example.org")


async def test_who_resets_the_password_keeps_the_account_from_moving_away(doors: Doors) -> None:
    """An owner who finds somebody else logged in is told to change the password."""
    await member(doors)
    await ask(doors)
    await confirm(doors, NEW)
    (leave,) = await doors.codes(OLD)
    await doors.hub.request_reset(PasswordResetRequest(address=OLD, came_from=HERE))
    code = (await doors.mails(OLD))[-1].partition("/hub/reset/")[2].split()[0]
    password = "a new password, hard to guess"
    given = {"code": code, "password": password, "came_from": HERE}
    await doors.hub.reset_password(PasswordReset.model_validate(given))
    with pytest.raises(NotFound):
        await doors.hub.address_change("alice")
    with pytest.raises(NotFound):
        await doors.hub.confirm(ConfirmationRequest(code=leave, came_from=HERE))  # type: ignore[arg-type]
    assert await address(doors) == OLD


async def test_many_accounts_do_not_fill_the_mailbox_of_somebody_else(doors: Doors) -> None:
    names = ["alice", "bob", "carol", "dave"]
    for name in names:
        await member(doors, name, f"{name}@example.org")
        for _ in range(5):
            await doors.hub.change_address(name, AddressChangeRequest(address=NEW))
    await member(doors, "erin", "erin@example.org")
    with pytest.raises(TooManyRequests):
        await doors.hub.change_address("erin", AddressChangeRequest(address=NEW))
    assert len(await doors.mails(NEW)) == 20


async def test_the_same_address_is_refused(doors: Doors) -> None:
    await member(doors)
    with pytest.raises(Conflict) as refused:
        await ask(doors, "OLD@Example.org")
    assert refused.value.code == "same-address"


async def test_guests_have_no_address_to_change(doors: Doors) -> None:
    guest = (await doors.hub.open_guest(HERE)).name
    with pytest.raises(Conflict, match="Register first"):
        await ask(doors, name=guest)


async def test_mails_are_sent_only_so_often(doors: Doors) -> None:
    await member(doors)
    for number in range(6):
        await ask(doors, f"new-{number}@example.org")
    with pytest.raises(TooManyRequests):
        await ask(doors)


async def test_many_confirmations_at_once_are_one(doors: Doors) -> None:
    await member(doors)
    await ask(doors)
    codes = [(await doors.codes(one))[0] for one in (OLD, NEW)]
    tries = (
        doors.hub.confirm(ConfirmationRequest(code=code, came_from=f"192.0.2.{n}"))  # type: ignore[arg-type]
        for n in range(10)
        for code in codes
    )
    answers = await asyncio.gather(*tries, return_exceptions=True)
    done = [one for one in answers if isinstance(one, Confirmation)]
    assert sorted(one.is_complete for one in done) == [False, True]
    assert await address(doors) == NEW
    assert [name for name, _ in doors.events].count("address.changed") == 1


async def test_who_reads_the_old_mailbox_has_nothing_left_to_decide(doors: Doors) -> None:
    await member(doors)
    async with doors.manager.writing() as stores:
        await stores.codes.add("f" * 64, "reset", "alice", utcnow() + timedelta(hours=1))
    await ask(doors)
    await confirm(doors, OLD)
    await confirm(doors, NEW)
    async with doors.manager.reading() as stores:
        assert await stores.codes.find("f" * 64, "reset", utcnow()) is None
