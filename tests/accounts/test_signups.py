"""Sign-up with an address and a password, over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from aglais_hub.errors import AglaisError
from aglais_hub.models.accounts import Level
from tests.support.accounts import ADDRESS, HERE, PASSWORD, AccountsWorld, accounts_world
from tests.support.hub import HubDouble


@pytest.fixture
async def world(database_url: str, hub: HubDouble) -> AsyncIterator[AccountsWorld]:
    async with accounts_world(database_url, hub) as world:
        yield world


async def refusal(awaitable: object) -> tuple[int, str]:
    """Return status and code of a refusal."""
    with pytest.raises(AglaisError) as refused:
        await awaitable  # type: ignore[misc]
    return refused.value.status, refused.value.code


async def test_who_confirms_is_a_member_and_logs_in(world: AccountsWorld) -> None:
    await world.sign_up(
        name="alice", display_name="Alice A.", browser="one", next="/services/accounts/"
    )
    assert await world.client.accounts() == [], "nothing is half made"
    confirmed = await world.confirm(browser="one")
    account = confirmed.account
    assert (account.name, account.level, account.display_name) == ("alice", Level.BASIC, "Alice A.")
    assert account.expires_at is None
    assert (confirmed.is_same_browser, confirmed.is_complete) == (True, True)
    assert (confirmed.purpose, confirmed.next) == ("signup", "/services/accounts/")
    assert await world.log_in() == account
    assert (await refusal(world.log_in(password="another password"))) == (403, "login-refused")


async def test_another_browser_confirms_and_is_told_that_it_is_another(
    world: AccountsWorld,
) -> None:
    for number, (browser, other) in enumerate([("one", "two"), ("one", None), (None, "one")]):
        address = f"user{number}@example.org"
        await world.sign_up(address, browser=browser)
        assert not (await world.confirm(address, browser=other)).is_same_browser


async def test_a_code_works_once(world: AccountsWorld) -> None:
    await world.sign_up()
    code = await world.code_to(ADDRESS)
    await world.confirm_code(code)
    for wrong in (code, "x" * 43, "x"):
        assert await refusal(world.confirm_code(wrong)) == (404, "code-unusable")


async def test_a_guest_becomes_a_member_and_keeps_its_name(world: AccountsWorld) -> None:
    guest = await world.client.open_guest(HERE)
    assert guest.expires_at is not None
    await world.sign_up(guest=guest.name, display_name="Alice A.")
    assert (await world.client.account(guest.name)).level is Level.ANONYMOUS
    account = (await world.confirm()).account
    assert (account.name, account.level, account.expires_at) == (guest.name, Level.BASIC, None)
    assert account.display_name == "Alice A."
    assert (await world.log_in()).name == guest.name
    async with world.manager.reading() as stores:
        (change,), _ = await stores.changes.page(guest.name, 0, 10)
    assert (change.field, change.old, change.new) == ("level", "0", "1")


async def test_a_guest_that_is_gone_meanwhile_becomes_a_fresh_account(
    world: AccountsWorld,
) -> None:
    guest = await world.client.open_guest(HERE)
    await world.sign_up(guest=guest.name, name="alice")
    await world.client.leave(guest.name, "bored")
    assert (await world.confirm()).account.name == "alice"
    assert (await world.client.account(guest.name)).level is Level.ANONYMOUS


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("password1", "common"),
        ("alice@example.org", "guess"),
        ("alicealice", "guess"),
        ("Wonderland", "guess"),
        ("aaaaaaaaaaaaaaaaaaaa", "Repeats"),
        ("x", "guess"),
        ("p" * 1000, "Repeats"),
    ],
)
async def test_a_weak_password_is_refused_with_advice(
    world: AccountsWorld, password: str, why: str
) -> None:
    with pytest.raises(AglaisError, match=why) as refused:
        await world.sign_up(password=password, name="alice", display_name="Wonderland")
    assert (refused.value.status, refused.value.code) == (400, "weak-password")
    assert await world.outbox() == []
    await world.sign_up(password=PASSWORD, name="alice")


async def test_another_password_does_not_come_by_a_second_sign_up(world: AccountsWorld) -> None:
    await world.member()
    await world.sign_up(password="an attacker's own password 7")
    mail = (await world.outbox())[-1]
    assert (mail.subject, mail.code) == ("You have an account already", None)
    await world.log_in()
