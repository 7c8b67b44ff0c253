"""The command line of booking, run as people do, against a service that runs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aglais_booking import service
from aglais_hub.commands.booking import local_zone
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from tests.booking.booked import book
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

AGLAIS = "from aglais_hub.cli import app; app()"
OWN = scope("read", "packages"), f"{scope('read', 'bookings')}!user=alice"
DAY = timedelta(days=1)


pytestmark = pytest.mark.slow


@pytest.fixture
async def booking(tmp_path: Path, hub: HubDouble) -> AsyncIterator[RunningService]:
    url, machine = f"sqlite:///{tmp_path / 'test.db'}", {"embedded_cores": 12}
    async with running(service, url, hub, embedded_memory_bytes=80 * 2**30, **machine) as at_work:
        await at_work.process.manager.pools.ensure()
        yield at_work


async def aglais(
    booking: RunningService, *words: str, who: str | None = "alice", **env: str
) -> tuple[int, str, str]:
    """Run a command as alice; return its status, and what it said."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("AGLAIS_")}
    given |= {"AGLAIS_URL": booking.url.removesuffix("services/booking/"), "TZ": "UTC"} | env
    if who is not None:
        given["AGLAIS_TOKEN"] = booking.hub.token(who, *OWN)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AGLAIS, "booking", *words, env=given,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def tomorrow() -> datetime:
    return datetime.combine(utcnow().date() + DAY, datetime.min.time(), UTC)


async def test_the_picture_of_next_week_in_the_terminal(booking: RunningService) -> None:
    monday = tomorrow() + timedelta(days=-tomorrow().weekday() % 7)
    await book(booking, "alice", "small", (monday + 2 * DAY, monday + 4 * DAY))
    await book(booking, "bob", "large", (monday, monday + 5 * DAY))
    days = ("--from", f"{monday:%Y-%m-%d}", "--to", f"{monday + 6 * DAY:%Y-%m-%d}")
    status, out, err = await aglais(booking, "availability", *days, "-p", "large", "-p", "small")
    assert (status, err) == (0, "")
    assert out.splitlines()[:3] == [
        "large --- --- --- --- --- === ===",
        "small === ===[### ###]=== === ===",
        "      Mon Tue Wed Thu Fri Sat Sun",
    ]


async def test_a_month_is_one_line_and_colours_are_for_terminals(booking: RunningService) -> None:
    _, plain, _ = await aglais(booking, "availability", "--period", "next-month")
    _, coloured, _ = await aglais(
        booking, "availability", "--period", "next-month", FORCE_COLOR="1"
    )
    assert max(map(len, plain.splitlines())) >= 28 * 4
    assert "\x1b[" not in plain
    assert "\x1b[32m===" in coloured


async def test_json_is_what_the_service_says(booking: RunningService) -> None:
    size = ("--cores", "1.5", "--memory", "2GiB", "--sharing", "reserved")
    status, out, _ = await aglais(
        booking, "availability", "--period", "tomorrow", "--by", "day", *size, "--json",
        "--zone", "Asia/Kolkata",
    )  # fmt: skip
    told = json.loads(out)
    assert status == 0
    assert (told["zone"], told["by"], told["rows"][0]["package"]) == (
        "Asia/Kolkata", "day", "custom",
    )  # fmt: skip
    assert told["rows"][0]["cells"] == [{"state": "available", "count": 6, "booking": None}]


async def test_what_is_refused_is_one_line(booking: RunningService) -> None:
    wrong = [
        ("availability", "--zone", "Mars/Olympus"),
        ("availability", "-p", "huge"),
        ("availability", "--memory", "a lot"),
        ("availability", "--account", "bob"),
        ("list", "--zone", "Mars/Olympus"),
    ]
    said = [await aglais(booking, *words) for words in wrong]
    assert [status for status, _, _ in said] == [1] * len(wrong)
    assert [len(err.splitlines()) for _, _, err in said] == [1] * len(wrong)
    assert "There is no package huge" in said[1][2]
    status, _, err = await aglais(booking, "availability", who=None)
    assert status == 1
    assert "AGLAIS_URL needs AGLAIS_TOKEN" in err


async def test_bookings_are_listed(booking: RunningService) -> None:
    none = await aglais(booking, "list")
    made = await book(
        booking, "alice", "small", (tomorrow(), tomorrow() + DAY), name="[b]Paper[/b]"
    )
    await book(booking, "bob", "small", (tomorrow(), tomorrow() + DAY))
    status, out, _ = await aglais(booking, "list", COLUMNS="200")
    as_json = json.loads((await aglais(booking, "list", "--json"))[1])
    assert none[:2] == (0, "There are no bookings.\n")
    assert status == 0
    assert f"{tomorrow():%Y-%m-%d} 00:00" in out
    assert "[b]Paper[/b]" in out
    assert made.id in out
    assert "bob" not in out
    assert [one["id"] for one in as_json] == [made.id]


def test_the_zone_is_that_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Europe/London")
    assert local_zone() == "Europe/London"
    monkeypatch.setenv("TZ", "CET-1CEST")
    assert local_zone() != "CET-1CEST"
