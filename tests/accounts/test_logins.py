"""Login with an address and a password, and its brakes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from aglais_accounts.managers.brakes import network
from aglais_accounts.managers.logins import BY_ALL, BY_ONE
from aglais_hub.models import utcnow
from aglais_hub.models.identities import EMAIL
from tests.accounts.people import refusal
from tests.support.accounts import ADDRESS, HERE, PASSWORD, AccountsWorld, accounts_world
from tests.support.hub import HubDouble

WRONG = "not the right one at all"
REFUSED, TOO_MANY = (403, "login-refused"), (429, "too-many-attempts")
ELSEWHERE = "198.51.100.7"


@pytest.fixture
async def world(database_url: str, hub: HubDouble) -> AsyncIterator[AccountsWorld]:
    async with accounts_world(database_url, hub) as world:
        yield world


async def test_a_login_is_noted_with_its_identity(world: AccountsWorld) -> None:
    await world.member(name="alice")
    async with world.manager.reading() as stores:
        before = await stores.identities.find(EMAIL, ADDRESS)
    await world.log_in()
    async with world.manager.reading() as stores:
        after = await stores.identities.find(EMAIL, ADDRESS)
    assert before is not None
    assert after is not None
    assert before.last_used_at is None
    assert after.last_used_at is not None
    assert utcnow() - after.last_used_at < timedelta(minutes=1)
    assert (await world.client.account("alice")).last_seen_at == after.last_used_at


async def test_an_address_is_the_same_in_any_case_and_a_password_is_not(
    world: AccountsWorld,
) -> None:
    await world.sign_up("Alice@Example.org", name="alice")
    await world.confirm(ADDRESS)
    assert (await world.log_in("ALICE@example.ORG")).name == "alice"
    assert await refusal(world.log_in(password=PASSWORD.upper())) == REFUSED


async def test_the_same_password_in_another_spelling_is_the_same(world: AccountsWorld) -> None:
    await world.member(password="crème brûlée pour tous 7")
    await world.log_in(password="cre\u0300me bru\u0302le\u0301e pour tous 7")


async def test_who_is_leaving_is_not_let_in(world: AccountsWorld) -> None:
    account = await world.member()
    await world.client.leave(account.name, "bored")
    assert await refusal(world.log_in()) == REFUSED
    assert await refusal(world.log_in(password=WRONG)) == REFUSED


@pytest.mark.parametrize("address", [ADDRESS, "nobody@example.org"])
async def test_a_place_that_tries_too_often_waits_whoever_has_the_address(
    world: AccountsWorld, address: str
) -> None:
    await world.member()
    tries = [await refusal(world.log_in(address, WRONG)) for _ in range(BY_ONE + 2)]
    assert tries == [REFUSED] * BY_ONE + [TOO_MANY] * 2
    assert await refusal(world.log_in(address)) == TOO_MANY, "not even with the right one"
    elsewhere = world.log_in(address, came_from=ELSEWHERE)
    if address == ADDRESS:
        await elsewhere
    else:
        assert await refusal(elsewhere) == REFUSED


async def test_many_tries_at_once_are_no_more_than_may_be(world: AccountsWorld) -> None:
    await world.member()
    tries = await asyncio.gather(*(refusal(world.log_in(password=WRONG)) for _ in range(30)))
    assert tries.count(REFUSED) == BY_ONE
    assert tries.count(TOO_MANY) == 30 - BY_ONE


async def test_the_right_password_ends_the_counting(world: AccountsWorld) -> None:
    await world.member()
    for _ in range(3):
        for _ in range(BY_ONE - 1):
            assert await refusal(world.log_in(password=WRONG)) == REFUSED
        await world.log_in()


async def test_nobody_is_locked_out_from_elsewhere(
    world: AccountsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was here before gets in, whatever is tried from a thousand other places."""
    await world.member()
    await world.log_in()
    tried = []
    for number in range(BY_ALL // BY_ONE + 1):
        place = f"203.0.113.{number}"
        tries = [world.log_in(password=WRONG, came_from=place) for _ in range(BY_ONE)]
        tried += [await refusal(one) for one in tries]
    assert tried[-1] == TOO_MANY
    assert tried.count(REFUSED) == BY_ALL
    assert await refusal(world.log_in(came_from=ELSEWHERE)) == TOO_MANY
    await world.log_in(came_from=HERE)
    await world.forget(came_from=ELSEWHERE)
    new = "a new one nobody guesses 8"
    await world.reset(await world.code_to(ADDRESS), new, came_from=ELSEWHERE)
    await world.log_in(password=new, came_from=ELSEWHERE)


async def test_who_tries_many_addresses_from_one_place_waits(
    world: AccountsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aglais_accounts.managers.logins.ON_ALL", 12)
    await world.member()
    tries = [await refusal(world.log_in(f"user{n}@example.org", WRONG)) for n in range(14)]
    assert tries == [REFUSED] * 12 + [TOO_MANY] * 2
    assert await refusal(world.log_in()) == TOO_MANY
    await world.log_in(came_from=ELSEWHERE)


async def test_people_who_log_in_rightly_from_one_place_are_no_attack(
    world: AccountsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aglais_accounts.managers.logins.ON_ALL", 3)
    await world.member()
    for _ in range(8):
        await world.log_in()


@pytest.mark.parametrize(
    ("came_from", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("a laboratory", "a laboratory"),
    ],
)
def test_an_ipv6_network_is_one_place(came_from: str, place: str) -> None:
    assert network(came_from) == place


async def test_a_hash_made_with_less_is_made_anew_at_the_next_login(world: AccountsWorld) -> None:
    account = await world.member()
    old = PasswordHasher(memory_cost=8192, time_cost=1, parallelism=1).hash(PASSWORD)
    async with world.manager.writing() as stores:
        await stores.passwords.put(account.name, old, utcnow())
    assert await refusal(world.log_in(password=WRONG)) == REFUSED
    assert await hash_of(world, account.name) == old
    await world.log_in()
    new = await hash_of(world, account.name)
    assert "$m=19456,t=2,p=1$" in new
    await world.log_in()
    assert await hash_of(world, account.name) == new


async def hash_of(world: AccountsWorld, name: str) -> str:
    async with world.manager.reading() as stores:
        return str(await stores.passwords.get(name))


async def test_a_password_changed_meanwhile_lets_nobody_in_with_the_old_one(
    world: AccountsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await world.member()
    guard = world.manager.guard
    verify = type(guard).verify

    async def slow(self: object, known: str | None, password: str) -> object:
        verdict = await verify(guard, known, password)
        other = await guard.hash("set by somebody meanwhile")
        async with world.manager.writing() as stores:
            await stores.passwords.put(account.name, other, utcnow())
        return verdict

    monkeypatch.setattr(type(guard), "verify", slow)
    assert await refusal(world.log_in()) == REFUSED
