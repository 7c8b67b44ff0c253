"""Hashing and judging passwords beside the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aglais_accounts.guard import NICENESS, PasswordGuard, PasswordsBusyError, WeakPasswordError
from tests.accounts.people import refusal
from tests.support.accounts import AccountsWorld, accounts_world
from tests.support.hub import HubDouble


@pytest.fixture
def guard() -> Any:
    guard = PasswordGuard(2, 100)
    yield guard
    guard.close()


async def test_a_hash_is_argon2id_as_owasp_has_it_and_differs_each_time(
    guard: PasswordGuard,
) -> None:
    one, other = [await guard.hash("the same") for _ in range(2)]
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert (await guard.verify(one, "the same")).is_right
    assert not (await guard.verify(one, "another")).is_right
    assert not (await guard.verify(None, "another")).is_right
    assert not (await guard.verify("no hash at all", "another")).is_right


@pytest.mark.parametrize(
    "password",
    [
        "4@8({[<369|!1/|\\7$5+%2" * 45,
        "a" * 1000,
        "p4ssw0rd" * 125,
        "\u0301" * 1000,
        "\U0001d52d" * 1000,
    ],
)
async def test_no_password_takes_long_to_judge(guard: PasswordGuard, password: str) -> None:
    began = time.process_time()
    with contextlib.suppress(WeakPasswordError):
        await guard.judge(password, ["alice@example.org", None])
    assert time.process_time() - began < 2, "with room for a slow machine; 0.2 s on most"


async def test_judging_at_once_mixes_up_nobodys_words(guard: PasswordGuard) -> None:
    """zxcvbn keeps the person's words in a variable of its module."""

    async def is_weak(word: str, words: list[str]) -> bool:
        try:
            await guard.judge(word, words)
        except WeakPasswordError:
            return True
        return False

    words = [f"xq{number:02}zvkwp" for number in range(20)]
    own = [is_weak(word, [word]) for word in words]
    others = [is_weak(word, [other]) for word, other in zip(words, reversed(words), strict=True)]
    found = await asyncio.gather(*(one for pair in zip(own, others, strict=True) for one in pair))
    assert found == [True, False] * 20


async def lateness(guard: PasswordGuard) -> float:
    """Return how late the event loop is while it hashes, seconds; nine of ten times it is less."""
    late: list[float] = []
    has_looked = asyncio.Event()

    async def watch() -> None:
        while True:
            due = time.perf_counter() + 0.005
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - due)
            has_looked.set()

    watcher = asyncio.create_task(watch())
    await asyncio.gather(*(guard.hash(f"number {n}") for n in range(60)))
    await has_looked.wait()
    watcher.cancel()
    return sorted(late)[len(late) * 9 // 10]


class OnTheLoop(PasswordGuard):
    """Hashes where it stands."""

    async def hash(self, password: str) -> str:
        await asyncio.sleep(0)
        return self._hasher.hash(password)


async def test_the_event_loop_stays_awake_while_passwords_are_hashed(guard: PasswordGuard) -> None:
    assert await lateness(guard) < 0.05, "R11: a loop is never stalled for 50 ms"
    assert await lateness(OnTheLoop(1, 100)) > 0.05, "what hashes on the loop is caught"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows the niceness of a thread")
async def test_threads_that_hash_give_way_and_the_others_do_not(guard: PasswordGuard) -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    here = niceness()
    hashing = [await guard._on(guard._hashing, niceness) for _ in range(4)]
    assert set(hashing) == {min(19, here + NICENESS)}
    assert await guard._on(guard._judging, niceness) == here
    assert niceness() == here


async def test_more_than_can_wait_are_refused_at_once() -> None:
    guard = PasswordGuard(1, 3)
    tried = await asyncio.gather(*(guard.hash(f"{n}") for n in range(10)), return_exceptions=True)
    refused = [one for one in tried if isinstance(one, PasswordsBusyError)]
    assert len(refused) == 7
    assert {(one.status, one.retry_after) for one in refused} == {(503, 2)}
    await guard.hash("there is room again")
    guard.close()


@pytest.fixture
async def busy(database_url: str, hub: HubDouble) -> AsyncIterator[AccountsWorld]:
    async with accounts_world(database_url, hub, password_threads=1, password_queue=2) as world:
        yield world


async def test_a_service_with_too_many_passwords_says_when_to_come_again(
    busy: AccountsWorld,
) -> None:
    async def tried(number: int) -> Any:
        return await busy.sign_up(f"user{number}@example.org", came_from=f"192.0.2.{number}")

    answers = await asyncio.gather(*(tried(n) for n in range(20)), return_exceptions=True)
    assert {getattr(one, "code", None) for one in answers} == {None, "passwords-busy"}
    busy.manager.guard._queue = 0
    assert await refusal(tried(30)) == (503, "passwords-busy")
