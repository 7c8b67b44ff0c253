"""A code is used once, whoever tries at the same time and wherever."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import delete, select

from aglais_accounts.schema import SignupRow
from aglais_accounts.stores.levels import LevelStore
from aglais_accounts.stores.signups import COLUMNS, PendingSignup, SignupStore
from aglais_hub.client import AccountsClient
from aglais_hub.errors import AglaisError
from aglais_hub.models.identities import ConfirmationRequest, PasswordReset
from tests.support.accounts import ADDRESS, HERE, AccountsWorld, accounts_world
from tests.support.hub import HubDouble

RACERS = 100

Two = tuple[AccountsWorld, AccountsWorld]


@pytest.fixture
async def replicas(database_url: str, hub: HubDouble) -> AsyncIterator[Two]:
    """Two services at work on one database."""
    async with (
        accounts_world(database_url, hub) as one,
        accounts_world(database_url, hub) as other,
    ):
        yield one, other


async def race(replicas: Two, act: Any) -> Counter[Any]:
    """Let all racers go at once; return how often each outcome was."""

    async def run(client: AccountsClient, number: int) -> Any:
        try:
            return type(await act(client, number)).__name__
        except AglaisError as refused:
            return refused.status, refused.code

    racers = (run(replicas[number % 2].client, number) for number in range(RACERS))
    return Counter(await asyncio.gather(*racers))


def place(number: int) -> str:
    """Return a network address of a racer's own: it is no brake that is looked at here."""
    return f"192.0.2.{number}"


def confirming(code: str) -> Any:
    return lambda client, number: client.confirm(
        ConfirmationRequest.model_validate({"code": code, "came_from": place(number)})
    )


async def test_of_a_hundred_who_confirm_with_one_code_one_does(replicas: Two) -> None:
    await replicas[0].sign_up(name="alice")
    outcomes = await race(replicas, confirming(await replicas[1].code_to(ADDRESS)))
    assert outcomes == {"Confirmation": 1, (404, "code-unusable"): RACERS - 1}
    assert [one.name for one in await replicas[0].client.accounts()] == ["alice"]
    assert (await replicas[1].log_in()).name == "alice"


async def test_of_a_hundred_who_set_a_password_with_one_code_one_does(replicas: Two) -> None:
    await replicas[0].member(name="alice")
    await replicas[0].forget()
    code = await replicas[1].code_to(ADDRESS)

    def act(client: AccountsClient, number: int) -> Any:
        given = {"code": code, "password": password(number), "came_from": place(number)}
        return client.reset_password(PasswordReset.model_validate(given))

    outcomes = await race(replicas, act)
    assert outcomes == {"Account": 1, (404, "code-unusable"): RACERS - 1}
    works = 0
    for number in range(RACERS):
        try:
            await replicas[1].log_in(password=password(number), came_from=place(number))
            works += 1
        except AglaisError:
            pass
    assert works == 1


def password(number: int) -> str:
    return f"one of a hundred, the {number}th"


async def test_codes_of_one_address_at_once_make_one_account(replicas: Two) -> None:
    codes = []
    for number in range(4):
        await replicas[0].sign_up(came_from=place(number))
        codes.append(await replicas[0].code_to(ADDRESS))

    def act(client: AccountsClient, number: int) -> Any:
        return confirming(codes[number % 4])(client, number)

    outcomes = await race(replicas, act)
    assert outcomes == {"Confirmation": 1, (404, "code-unusable"): RACERS - 1}
    assert len(await replicas[0].client.accounts()) == 1


async def looks_then_deletes(signups: SignupStore, digest: str, _now: Any) -> Any:
    """Do what a careless store would: two statements, and something may happen between them."""
    wanted = SignupRow.code_digest == digest
    row = (await signups.session.execute(select(*COLUMNS).where(wanted))).one_or_none()
    await asyncio.sleep(0.05)
    await signups.session.execute(delete(SignupRow).where(wanted))
    return PendingSignup(*row) if row else None


@pytest.mark.postgres
async def test_the_race_catches_a_store_that_looks_before_it_takes(
    postgres: Any, hub: HubDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL, where transactions run at once; other locks and keys are out of the way."""

    async def no_lock(_store: Any, _level: Any) -> None:
        return None

    async def twice(_manager: Any, _stores: Any, signup: Any, _now: Any) -> Any:
        return await _manager._account(_stores, "alice")

    async def nothing(*_arguments: Any) -> None:
        return None

    database_url = postgres.new_database()
    async with accounts_world(database_url, hub) as one, accounts_world(database_url, hub) as other:
        await one.member("first@example.org", name="alice")
        await one.sign_up()
        code = await one.code_to(ADDRESS)
        monkeypatch.setattr(SignupStore, "redeem", looks_then_deletes)
        monkeypatch.setattr(LevelStore, "lock", no_lock)
        manager = "aglais_accounts.managers.signups.SignupManager"
        monkeypatch.setattr(f"{manager}._member", twice)
        monkeypatch.setattr(f"{manager}._furnish", nothing)
        outcomes = await race((one, other), confirming(code))
    assert outcomes["Confirmation"] > 1


async def test_wrong_codes_are_braked_by_place(replicas: Two) -> None:
    outcomes = []
    for number in range(32):
        try:
            await replicas[number % 2].confirm_code("x" * 43)
        except AglaisError as refused:
            outcomes.append(refused.status)
    assert outcomes == [404] * 30 + [429] * 2
    await replicas[0].sign_up()
    with pytest.raises(AglaisError, match="Too many codes"):
        await replicas[0].confirm(came_from=HERE)
    await replicas[0].confirm(came_from="198.51.100.7")
