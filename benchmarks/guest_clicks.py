"""[Give it a try]: clicks per second and how long one takes, beside jupyterhub-tmpauthenticator.

    python -m benchmarks.guest_clicks [--rounds 5] [--clicks 300] [--at-once 4]

A click of ours makes an account in the accounts service's own database, counted against the
limits for guests, and a Hub user, and logs it in; the peer's makes and logs in the Hub user. The
login pages are fetched before, as people look at them before they click.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import aiohttp

from benchmarks.figures import alternately, percentile, show
from benchmarks.hubs import TMP, RunningHub, ours, plain

Click = Callable[[], Awaitable[None]]


async def prepare_ours(hub: RunningHub, number: int) -> Click:
    """Show the login page to somebody new; return the click."""
    browser = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    async with browser.get(f"{hub.url}login", headers=headers) as page:
        text = await page.text()
    form = {
        name: re.search(f'name="{name}"[^>]*value="([^"]*)"', text)[1]  # type: ignore[index]
        for name in ("_xsrf", "click")
    }

    async def click() -> None:
        url = f"{hub.url}login/guest"
        async with browser.post(url, data=form, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            assert "jupyterhub-hub-login" in answer.cookies
        await browser.close()

    return click


async def prepare_peer(hub: RunningHub, _number: int) -> Click:
    """Show the login page to somebody new; return the click."""
    browser = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with browser.get(f"{hub.url}login") as page:
        assert "tmplogin" in await page.text()

    async def click() -> None:
        async with browser.get(f"{hub.url}tmplogin", allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            assert "jupyterhub-hub-login" in answer.cookies
        await browser.close()

    return click


async def one_round(
    hub: RunningHub, clicks: list[Click], at_once: int
) -> tuple[float, float, float, float]:
    """Return clicks/s, median and 99th percentile (ms), processor time of one (ms)."""
    took: list[float] = []
    waiting = iter(clicks)
    before, began = hub.cpu_seconds(), time.perf_counter()

    async def person() -> None:
        for click in waiting:
            start = time.perf_counter()
            await click()
            took.append((time.perf_counter() - start) * 1000)

    await asyncio.gather(*(person() for _ in range(at_once)))
    whole, cpu = time.perf_counter() - began, hub.cpu_seconds() - before
    return len(took) / whole, percentile(took, 50), percentile(took, 99), cpu / len(took) * 1000


ROWS = ("clicks/s", "median, ms", "99th percentile, ms", "processor time of a click, ms")


async def measure(rounds: int, clicks: int, at_once: int) -> dict[str, list[list[float]]]:
    """Measure both alternately."""
    with ExitStack() as stack:
        hubs = [stack.enter_context(ours()), stack.enter_context(plain(TMP))]
        sides = list(zip(hubs, (prepare_ours, prepare_peer), strict=True))
        return await alternately(
            ROWS, rounds, clicks, sides, lambda hub, ready: one_round(hub, ready, at_once)
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clicks", type=int, default=300)
    parser.add_argument("--at-once", type=int, default=4)
    given = parser.parse_args()
    seen = asyncio.run(measure(given.rounds, given.clicks, given.at_once))
    title = f"[Give it a try], {given.rounds} rounds of {given.clicks}, {given.at_once} at once"
    show(title, ("ours", "TmpAuthenticator"), seen)


if __name__ == "__main__":
    main()
