"""Nobody is told whether an address has an account: not by answers, and not by time."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from aglais_accounts.guard import PasswordGuard, Verdict
from aglais_accounts.managers.passwords import PasswordManager
from aglais_hub.identity import scope
from tests.support.accounts import ADDRESS, HERE, PASSWORD, AccountsWorld, accounts_world
from tests.support.hub import HubDouble

pytestmark = pytest.mark.slow

STRANGER = "nobody@example.org"
SAMPLES = 40
"""Of each kind; by chance two alike are further apart than `TOLD_APART` once in 10,000 times."""

TOLD_APART = 0.25
"""How far from an even chance it may be that more is taken where there is no account."""

Clock = Callable[[], float]
Ask = Callable[[httpx.AsyncClient, str, int], Awaitable[httpx.Response]]


@pytest.fixture
async def world(
    database_url: str, hub: HubDouble, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AccountsWorld]:
    """A service that knows `ADDRESS`; its brakes are loose, as they are tested elsewhere."""
    monkeypatch.setattr("aglais_accounts.managers.mailing.FROM_ALL_PLACES", 10_000)
    monkeypatch.setattr("aglais_accounts.managers.logins.BY_ALL", 10_000)
    async with accounts_world(database_url, hub, signups_per_hour=10_000) as world:
        await world.member(name="alice")
        yield world


def place(number: int) -> dict[str, str]:
    return {"came_from": f"2001:db8:{number:x}::1"}


async def log_in(api: httpx.AsyncClient, address: str, number: int) -> httpx.Response:
    form = {"address": address, "password": "not the right one"} | place(number)
    return await api.post("logins", json=form)


async def sign_up(api: httpx.AsyncClient, address: str, number: int) -> httpx.Response:
    form = {"address": address, "password": PASSWORD, "browser": f"{number}"} | place(number)
    return await api.post("signups", json=form)


async def sign_up_weakly(api: httpx.AsyncClient, address: str, number: int) -> httpx.Response:
    form = {"address": address, "password": "password1"} | place(number)
    return await api.post("signups", json=form)


async def sign_up_under_a_taken_name(
    api: httpx.AsyncClient, address: str, number: int
) -> httpx.Response:
    form = {"address": address, "password": PASSWORD, "name": "alice"} | place(number)
    return await api.post("signups", json=form)


async def resend(api: httpx.AsyncClient, address: str, number: int) -> httpx.Response:
    return await api.post("signups/resend", json={"address": address} | place(number))


async def forget(api: httpx.AsyncClient, address: str, number: int) -> httpx.Response:
    return await api.post("password-resets", json={"address": address} | place(number))


ALL: list[Ask] = [
    log_in, sign_up, sign_up_weakly, sign_up_under_a_taken_name, resend, forget
]  # fmt: skip
by_name = pytest.mark.parametrize("ask", ALL, ids=lambda ask: ask.__name__)


def seen(answer: httpx.Response) -> Any:
    """Return what can be told of an answer, without what differs from one to the next."""
    body = json.loads(answer.text) if answer.text else None
    if isinstance(body, dict) and "address" in body:
        body |= {"address": "", "expires_at": ""}
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    headers["content-length"] = ""
    return answer.status_code, body, headers


@by_name
async def test_the_answer_is_the_same(world: AccountsWorld, ask: Ask) -> None:
    async with world.running.program(scope("write", "signups")) as api:
        answers = [await ask(api, address, 1) for address in (ADDRESS, STRANGER)]
        for _ in range(22):
            answers += [await ask(api, address, 1) for address in (ADDRESS, STRANGER)]
    known, unknown = answers[::2], answers[1::2]
    assert [seen(one) for one in known[:5]] == [seen(one) for one in unknown[:5]]
    # Where it is braked it is so after as many tries.
    statuses = [[one.status_code for one in some] for some in (known, unknown)]
    assert statuses[0] == statuses[1]
    assert {one.status_code for one in known} & {403, 202, 204, 400, 409}


async def test_a_sign_up_keeps_its_name_whoever_has_the_address(world: AccountsWorld) -> None:
    for number, address in enumerate((ADDRESS, STRANGER)):
        await world.sign_up(address, name=f"kept-{number}")
    async with world.running.program(scope("write", "signups")) as api:
        answers = []
        for number in range(2):
            form = {"address": "third@example.org", "password": PASSWORD, "came_from": HERE}
            answer = await api.post("signups", json=form | {"name": f"kept-{number}"})
            answers.append((answer.status_code, answer.json()["code"]))
    assert answers == [(409, "account-exists")] * 2


async def test_only_the_owner_of_the_address_reads_that_it_has_an_account(
    world: AccountsWorld,
) -> None:
    await world.sign_up(ADDRESS)
    await world.sign_up(STRANGER)
    known, unknown = (await world.outbox())[-2:]
    assert (known.address, known.code) == (ADDRESS, None)
    assert "has an account already" in known.text
    assert unknown.code


async def more_without_account(world: AccountsWorld, ask: Ask, clock: Clock) -> float:
    """Return how probable it is that more is taken where there is no account (a ROC area).

    Asked in turn, so that whatever else the machine does slows both alike. The time of the
    process, service and client in one, shows differences that waiting would hide.
    """
    taken: dict[str, list[float]] = {ADDRESS: [], STRANGER: []}
    async with world.running.program(scope("write", "signups")) as api:
        for number in range(SAMPLES + 3):
            order = (ADDRESS, STRANGER) if number % 2 else (STRANGER, ADDRESS)
            for address in order:
                began = clock()
                answer = await ask(api, address, number)
                taken[address].append(clock() - began)
                assert answer.status_code != 429, "a brake would be measured"
    known, unknown = taken[ADDRESS][3:], taken[STRANGER][3:]
    pairs = [(one < other) + (one == other) / 2 for one in known for other in unknown]
    return sum(pairs) / len(pairs)


@pytest.mark.parametrize("clock", [time.perf_counter, time.process_time], ids=["time", "work"])
@by_name
async def test_the_answer_takes_as_long(world: AccountsWorld, ask: Ask, clock: Clock) -> None:
    assert abs(await more_without_account(world, ask, clock) - 0.5) < TOLD_APART


class Hurried(PasswordGuard):
    """Saves the work where there is nobody."""

    async def verify(self, known: str | None, password: str) -> Verdict:
        return await super().verify(known, password) if known else Verdict(is_right=False)


async def test_the_clock_catches_who_does_not_hash_for_nobody(world: AccountsWorld) -> None:
    world.manager.logins.guard = Hurried(2, 100)
    for clock in (time.perf_counter, time.process_time):
        assert await more_without_account(world, log_in, clock) < 0.5 - TOLD_APART


class WritesOnlyWhatIsNeeded(PasswordManager):
    """Writes no mail to nobody."""

    async def request_reset(self, actor: Any, request: Any) -> None:
        async with self.reading() as stores:
            owner = await stores.passwords.owner(request.address)
        if owner:
            await super().request_reset(actor, request)


async def test_the_work_catches_who_writes_no_mail_to_nobody(world: AccountsWorld) -> None:
    manager = world.manager
    manager.passwords = WritesOnlyWhatIsNeeded(manager.context, manager.guard)
    assert await more_without_account(world, forget, time.process_time) < 0.5 - TOLD_APART
