"""Sign-up with an address and a password, over REST."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from aglais_accounts.schema import AttemptRow, Base, CodeRow, SignupRow
from aglais_hub.errors import AglaisError
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import AccountRequest, Level
from tests.accounts.people import refusal
from tests.support.accounts import ADDRESS, HERE, PASSWORD, AccountsWorld, accounts_world
from tests.support.hub import HubDouble


@pytest.fixture
async def world(database_url: str, hub: HubDouble) -> AsyncIterator[AccountsWorld]:
    async with accounts_world(database_url, hub) as world:
        yield world


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
    assert (await world.log_in()).name == account.name
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


TAKEN = (409, "account-exists")


@pytest.mark.parametrize("name", ["admin", "root", "aglais", "guest-0123456789ab", "guest-x"])
async def test_names_of_the_platform_are_refused(world: AccountsWorld, name: str) -> None:
    assert await refusal(world.sign_up(name=name)) == (400, "name-reserved")
    assert await world.outbox() == []


async def test_a_name_is_kept_for_who_asked_first_until_the_time_is_over(
    world: AccountsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.client.create_account(AccountRequest(name="olga"))
    await world.client.create_account(AccountRequest(name="gone"))
    await world.client.leave("gone", "bored")
    for name in ("olga", "gone"):
        assert await refusal(world.sign_up(name=name)) == TAKEN
    await world.sign_up(name="alice")
    bob = "bob@example.org"
    assert await refusal(world.sign_up(bob, name="alice")) == TAKEN
    code = await world.code_to(ADDRESS)
    tomorrow = utcnow() + timedelta(hours=25)
    for module in ("signups", "confirmations", "upkeep"):
        monkeypatch.setattr(f"aglais_accounts.managers.{module}.utcnow", lambda: tomorrow)
    await world.sign_up(bob, name="alice")
    assert await refusal(world.confirm_code(code)) == (404, "code-unusable")
    assert (await world.confirm(bob)).account.name == "alice"


async def test_what_is_too_old_is_forgotten(
    world: AccountsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.sign_up(name="alice")
    await world.forget()
    await refusal(world.log_in())
    await world.manager.upkeep.tidy()
    assert all([await count(world, one) for one in (SignupRow, CodeRow, AttemptRow)])
    later = utcnow() + timedelta(days=40)
    monkeypatch.setattr("aglais_accounts.managers.upkeep.utcnow", lambda: later)
    await world.manager.upkeep.tidy()
    assert not any([await count(world, one) for one in (SignupRow, CodeRow, AttemptRow)])


async def count(world: AccountsWorld, row: type[Base]) -> int:
    async with world.manager.reading() as stores:
        found = await stores.session.execute(select(func.count()).select_from(row))
    return int(found.scalar_one())


async def test_who_says_something_else_in_the_same_browser_means_that(
    world: AccountsWorld,
) -> None:
    await world.sign_up(name="alice", browser="one", password=PASSWORD)
    first = await world.code_to(ADDRESS)
    await world.sign_up(name="alice", browser="one", password="a better password, number 2")
    assert await refusal(world.sign_up(name="alice", browser="two")) == TAKEN
    assert await refusal(world.confirm_code(first)) == (404, "code-unusable")
    await world.confirm()
    await world.log_in(password="a better password, number 2")


async def test_who_has_mistyped_the_address_gets_the_name_after_all(
    world: AccountsWorld,
) -> None:
    wrong = "alise@example.org"
    await world.sign_up(wrong, name="alice", browser="one")
    code = await world.code_to(wrong)
    await world.sign_up(name="alice", browser="one")
    assert await refusal(world.confirm_code(code)) == (404, "code-unusable")
    assert (await world.confirm()).account.name == "alice"


async def test_a_code_that_went_to_a_mistyped_address_makes_no_guest_somebody_elses(
    world: AccountsWorld,
) -> None:
    wrong, guest = "alise@example.org", await world.client.open_guest(HERE)
    await world.sign_up(wrong, guest=guest.name, browser="one")
    code = await world.code_to(wrong)
    await world.sign_up(guest=guest.name, browser="one")
    assert await refusal(world.confirm_code(code)) == (404, "code-unusable")
    assert (await world.confirm()).account.name == guest.name


async def test_a_mail_is_sent_again_to_the_browser_that_signed_up(world: AccountsWorld) -> None:
    await world.sign_up(browser="one")
    first = await world.code_to(ADDRESS)
    await world.resend(browser="two")
    await world.resend()
    assert await world.code_to(ADDRESS) == first, "nobody else can end the code"
    await world.resend(browser="one")
    second = await world.code_to(ADDRESS)
    assert await refusal(world.confirm_code(first)) == (404, "code-unusable")
    assert (await world.confirm_code(second, browser="one")).is_same_browser


async def test_nobody_is_sent_mails_without_end(world: AccountsWorld) -> None:
    too_many = (429, "too-many-attempts")
    for _ in range(2):
        await world.sign_up()
    for _ in range(3):
        await world.resend()
    assert await refusal(world.resend()) == too_many
    assert await refusal(world.sign_up()) == too_many
    assert await refusal(world.forget()) == too_many
    await world.forget(came_from="198.51.100.7")
    await world.sign_up("bob@example.org")


async def test_who_tries_weak_passwords_first_has_not_signed_up_so_often(
    world: AccountsWorld,
) -> None:
    for _ in range(8):
        assert await refusal(world.sign_up(password="password1")) == (400, "weak-password")
    await world.sign_up()


async def test_passwords_are_not_judged_without_end(database_url: str, hub: HubDouble) -> None:
    async with accounts_world(database_url, hub, signups_per_hour=1) as world:
        tries = [await refusal(world.sign_up(password="password1")) for _ in range(11)]
    assert tries == [(400, "weak-password")] * 10 + [(429, "too-many-attempts")]


async def test_a_place_signs_up_only_so_often(database_url: str, hub: HubDouble) -> None:
    async with accounts_world(database_url, hub, signups_per_hour=2) as world:
        for person in ("a", "b"):
            await world.sign_up(f"{person}@example.org")
        refused = await refusal(world.sign_up("c@example.org"))
        assert refused == (429, "too-many-attempts")
        await world.sign_up("c@example.org", came_from="198.51.100.7")


async def test_an_address_that_got_an_account_meanwhile_makes_no_second_one(
    world: AccountsWorld,
) -> None:
    await world.sign_up(name="alice")
    await world.client.create_account(AccountRequest(name="olga"))
    async with world.manager.writing() as stores:
        await stores.identities.add("olga", "email", ADDRESS, ADDRESS, utcnow())
    assert await refusal(world.confirm()) == (409, "address-taken")
    assert [one.name for one in await world.client.accounts()] == ["olga"]


async def test_a_name_given_to_somebody_else_meanwhile_makes_nothing_half(
    world: AccountsWorld,
) -> None:
    await world.sign_up(name="alice", browser="one")
    await world.client.create_account(AccountRequest(name="alice"))
    assert await refusal(world.confirm()) == TAKEN
    async with world.manager.reading() as stores:
        assert await stores.identities.of("alice") == []
    await world.sign_up(name="alice-2", browser="one")
    assert (await world.confirm()).account.name == "alice-2"


async def test_a_name_is_made_up_for_who_wants_none(world: AccountsWorld) -> None:
    assert re.fullmatch(r"user-[0-9a-f]{10}", (await world.member()).name)
