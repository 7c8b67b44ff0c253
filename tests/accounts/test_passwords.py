"""Passwords that are forgotten, changed, or set by somebody who should not have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from aglais_accounts.schema import CodeRow
from aglais_hub.client import AccountsClient
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import AccountRequest
from aglais_hub.models.identities import PasswordChange
from tests.accounts.people import refusal
from tests.support.accounts import ADDRESS, PASSWORD, AccountsWorld, accounts_world
from tests.support.hub import HubDouble

NEW, NEWER = "a new one nobody guesses 8", "and an even newer one, 9 of it"
UNUSABLE, REFUSED = (404, "code-unusable"), (403, "login-refused")


@pytest.fixture
async def world(database_url: str, hub: HubDouble) -> AsyncIterator[AccountsWorld]:
    async with accounts_world(database_url, hub) as world:
        yield world


async def test_who_has_forgotten_sets_a_new_one_with_a_code_that_works_once(
    world: AccountsWorld,
) -> None:
    account = await world.member(name="alice")
    await world.forget()
    await world.forget()
    first, second = [mail.code for mail in await world.outbox() if "/hub/reset/" in mail.text]
    assert first
    assert second
    assert await refusal(world.reset(second, "password1")) == (400, "weak-password")
    assert await refusal(world.reset(second, ADDRESS)) == (400, "weak-password")
    assert (await world.reset(second, NEW)).name == account.name
    assert await refusal(world.reset(second, NEWER)) == UNUSABLE
    assert await refusal(world.reset(first, NEWER)) == UNUSABLE, "it ends the other codes"
    assert await refusal(world.log_in()) == REFUSED
    await world.log_in(password=NEW)
    assert (await world.outbox())[-1].subject == "Your password was changed"


async def test_a_code_for_a_new_password_has_an_end(world: AccountsWorld) -> None:
    await world.member()
    await world.forget()
    async with world.manager.writing() as stores:
        old = update(CodeRow).values(expires_at=utcnow() - timedelta(seconds=1))
        await stores.session.execute(old)
    assert await refusal(world.reset(await world.code_to(ADDRESS), NEW)) == UNUSABLE
    await world.manager.upkeep.tidy()
    async with world.manager.reading() as stores:
        assert (await stores.session.execute(CodeRow.__table__.select())).all() == []


async def test_a_code_does_what_it_was_made_for_and_nothing_else(world: AccountsWorld) -> None:
    await world.sign_up("bob@example.org")
    signup = await world.code_to("bob@example.org")
    await world.member()
    await world.forget()
    reset = await world.code_to(ADDRESS)
    assert await refusal(world.reset(signup, NEW)) == UNUSABLE
    assert await refusal(world.confirm_code(reset)) == UNUSABLE
    await world.confirm_code(signup)
    await world.reset(reset, NEW)


async def test_who_leaves_gets_no_new_password(world: AccountsWorld) -> None:
    account = await world.member()
    await world.forget()
    code = await world.code_to(ADDRESS)
    await world.client.leave(account.name, "bored")
    assert await refusal(world.reset(code, NEW)) == (409, "account-leaving")
    assert await refusal(world.change(account.name, NEW, PASSWORD)) == (409, "account-leaving")
    before = await world.outbox()
    await world.forget()
    assert (await world.outbox())[len(before) :][0].address == ""


async def test_a_password_is_changed_by_who_knows_the_present_one(world: AccountsWorld) -> None:
    name = (await world.member()).name
    assert await refusal(world.change(name, NEW)) == (400, "invalid-request")
    assert await refusal(world.change(name, NEW, NEWER)) == (403, "wrong-password")
    assert await refusal(world.change(name, "password1", PASSWORD)) == (400, "weak-password")
    await world.log_in()
    await world.forget()
    code = await world.code_to(ADDRESS)
    await world.change(name, NEW, PASSWORD)
    assert await refusal(world.reset(code, NEWER)) == UNUSABLE
    assert await refusal(world.log_in()) == REFUSED
    await world.log_in(password=NEW)
    assert (await world.outbox())[-1].subject == "Your password was changed"
    async with world.manager.reading() as stores:
        (change,), _ = await stores.changes.page(name, 0, 9)
    assert (change.field, change.old, change.new) == ("password", None, None)


async def test_present_passwords_cannot_be_tried_without_end(world: AccountsWorld) -> None:
    name = (await world.member()).name
    tries = [await refusal(world.change(name, NEW, NEWER)) for _ in range(11)]
    assert tries == [(403, "wrong-password")] * 10 + [(429, "too-many-attempts")]


async def test_a_first_password_needs_an_address_and_no_present_one(world: AccountsWorld) -> None:
    await world.client.create_account(AccountRequest(name="olga"))
    assert await refusal(world.change("olga", NEW)) == (409, "no-address")
    assert await refusal(world.change("nobody", NEW)) == (404, "not-found")
    address = "olga@example.org"
    async with world.manager.writing() as stores:
        await stores.identities.add("olga", "email", address, address, utcnow())
    assert await refusal(world.log_in(address, NEW)) == REFUSED
    await world.change("olga", NEW)
    assert (await world.log_in(address, NEW)).name == "olga"


async def test_nobody_changes_the_password_of_somebody_else(
    world: AccountsWorld, hub: HubDouble
) -> None:
    name = (await world.member(name="alice")).name
    write = scope("write", "identities")
    change = PasswordChange.model_validate({"password": NEW, "current": PASSWORD})
    for person, held, allowed in (
        ("mallory", f"{write}!user=mallory", False),
        ("mallory", scope("write", "signups"), False),
        ("alice", f"{write}!user=alice", True),
    ):
        client = AccountsClient(f"{world.running.url}api/", hub.token(person, held))
        if allowed:
            await client.change_password(name, change)
        else:
            assert await refusal(client.change_password(name, change)) == (403, "forbidden")
        await client.close()


async def test_who_signed_up_with_my_address_before_me_does_not_get_my_account(
    world: AccountsWorld,
) -> None:
    """Pre-hijacking: the attacker waits until the victim confirms, or has confirmed."""
    attackers = "the attacker knows this one 6"
    await world.sign_up(password=attackers, name="trap", browser="attacker")
    trap = await world.code_to(ADDRESS)
    await world.sign_up(password=PASSWORD, name="alice", browser="victim")
    assert (await world.confirm(browser="victim")).account.name == "alice"
    assert await refusal(world.confirm_code(trap)) == UNUSABLE, "pending ones are forgotten"
    assert await refusal(world.log_in(password=attackers)) == REFUSED
    await world.log_in()


async def test_an_attackers_password_is_gone_once_the_owner_sets_one(world: AccountsWorld) -> None:
    """The victim took the attacker's mail for the own one; a code for later helps nobody."""
    attackers = "the attacker knows this one 6"
    await world.sign_up(password=attackers, browser="attacker")
    assert not (await world.confirm(browser="victim")).is_same_browser
    await world.log_in(password=attackers)
    await world.forget()
    early = await world.code_to(ADDRESS)
    await world.forget()
    await world.reset(await world.code_to(ADDRESS), NEW)
    assert await refusal(world.log_in(password=attackers)) == REFUSED
    assert await refusal(world.reset(early, attackers)) == UNUSABLE
    await world.log_in(password=NEW)
