"""Sign-ups per second, and whether the Hub answers meanwhile, beside NativeAuthenticator.

    python -m benchmarks.signups [--rounds 5] [--people 40] [--at-once 8]

The form is posted to the Hub's own page, so all of it is measured: the peer hashes with bcrypt on
the Hub's event loop; ours asks the accounts service, which hashes with argon2id on threads. While
people sign up, the Hub's /health is asked every 20 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import aiohttp

from benchmarks.figures import alternately, percentile, show
from benchmarks.hubs import NATIVE, RunningHub, ours, plain

SignUp = Callable[[], Awaitable[None]]

HEALTH_SECONDS = 0.02


async def prepare(hub: RunningHub, number: int, form: dict[str, str], done: str) -> SignUp:
    """Show the form to somebody new; return what posts it."""
    browser = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    async with browser.get(f"{hub.url}signup", headers=headers) as page:
        found = re.search('name="_xsrf"[^>]*value="([^"]*)"', await page.text())
    assert found is not None
    data = form | {"_xsrf": found[1]}

    async def sign_up() -> None:
        url = f"{hub.url}signup"
        async with browser.post(url, data=data, headers=headers, allow_redirects=False) as answer:
            text = await answer.text() + answer.headers.get("Location", "")
            assert done in text, text
        await browser.close()

    return sign_up


async def prepare_ours(hub: RunningHub, number: int) -> SignUp:
    """Show our form."""
    form = {
        "name": f"person{number}", "address": f"person{number}@example.org",
        "password": f"kesselfang {secrets.token_hex(6)}",
    }  # fmt: skip
    return await prepare(hub, number, form, "signup/sent")


async def prepare_peer(hub: RunningHub, number: int) -> SignUp:
    """Show the peer's form."""
    password = f"kesselfang {secrets.token_hex(6)}"
    form = {
        "username": f"person{number}", "signup_password": password,
        "signup_password_confirmation": password,
    }  # fmt: skip
    return await prepare(hub, number, form, "information has been sent")


async def watch(hub: RunningHub, took: list[float]) -> None:
    """Ask the Hub again and again whether it is well; note milliseconds."""
    async with aiohttp.ClientSession() as client:
        while True:
            began = time.perf_counter()
            async with client.get(f"{hub.url}health") as answer:
                assert answer.status == 200
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(HEALTH_SECONDS)


async def one_round(hub: RunningHub, people: list[SignUp], at_once: int) -> tuple[float, ...]:
    """Return sign-ups/s, their 99th percentile, that of /health, and processor time of one."""
    took: list[float] = []
    health: list[float] = []
    waiting = iter(people)
    watcher = asyncio.create_task(watch(hub, health))
    before, began = hub.cpu_seconds(), time.perf_counter()

    async def person() -> None:
        for sign_up in waiting:
            start = time.perf_counter()
            await sign_up()
            took.append((time.perf_counter() - start) * 1000)

    await asyncio.gather(*(person() for _ in range(at_once)))
    whole, cpu = time.perf_counter() - began, hub.cpu_seconds() - before
    watcher.cancel()
    return (
        len(took) / whole,
        percentile(took, 99),
        percentile(health, 99),
        cpu / len(took) * 1000,
    )


ROWS = (
    "sign-ups/s",
    "99th percentile, ms",
    "/health, 99th percentile, ms",
    "processor time of one, ms",
)


async def measure(rounds: int, people: int, at_once: int) -> dict[str, list[list[float]]]:
    """Measure both alternately."""
    with ExitStack() as stack:
        hubs = [stack.enter_context(ours()), stack.enter_context(plain(NATIVE))]
        sides = list(zip(hubs, (prepare_ours, prepare_peer), strict=True))
        return await alternately(
            ROWS, rounds, people, sides, lambda hub, ready: one_round(hub, ready, at_once)
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--at-once", type=int, default=8)
    given = parser.parse_args()
    seen = asyncio.run(measure(given.rounds, given.people, given.at_once))
    title = f"Sign-ups, {given.rounds} rounds of {given.people}, {given.at_once} at once"
    show(title, ("ours", "NativeAuthenticator"), seen)


if __name__ == "__main__":
    main()
