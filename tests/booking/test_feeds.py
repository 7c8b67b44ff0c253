"""Calendar feeds: one's bookings in one's own calendar, at an address that opens nothing else."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine
from icalendar import Calendar, Event
from sqlalchemy import text

from aglais_booking import service
from aglais_booking.managers.feeds import FeedManager
from aglais_hub.identity import scope
from aglais_hub.logs import JsonLines
from aglais_hub.models.bookings import SpanState
from tests.booking.booked import book
from tests.support.hub import HubDouble
from tests.support.pages import form_of
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "bookings"), scope("write", "bookings")
PACKAGES = scope("read", "packages")
OWN = (f"{READ}!user=alice", f"{WRITE}!user=alice")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime(2030, 6, 3, 10, tzinfo=UTC)
PUBLIC = "https://hub.test"


@pytest.fixture
async def booking(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    with time_machine.travel(NOW, tick=False):
        machine = {"embedded_cores": 12, "embedded_memory_bytes": 80 * 2**30}
        async with running(service, database_url, hub, public_url=PUBLIC, **machine) as at_work:
            await at_work.process.manager.pools.ensure()
            yield at_work


async def made(booking: RunningService, name: str = "alice") -> str:
    """Return the path of a new feed of somebody's."""
    own = (f"{READ}!user={name}", f"{WRITE}!user={name}")
    async with booking.api(booking.hub.token(name, *own)) as api:
        answer = await api.post("feeds")
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/services/booking/api/feeds/{name}"
    url: str = answer.json()["url"]
    assert url.startswith(f"{PUBLIC}/services/booking/feeds/")
    return url.removeprefix(f"{PUBLIC}/services/booking/")


async def fetch(booking: RunningService, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as calendar:
        return await calendar.get(booking.url + path, headers=headers)


def events(answer: httpx.Response) -> dict[str, Event]:
    """Return the events by name; the text is one that a calendar program can read."""
    assert answer.status_code == 200, answer.text
    return {str(event["SUMMARY"]): event for event in Calendar.from_ical(answer.text).events}


async def test_bookings_are_events_with_a_page(booking: RunningService) -> None:
    one = await book(
        booking, "alice", "small", (NOW, NOW + DAY), (NOW + 3 * DAY, NOW + 4 * DAY),
        states=[SpanState.ACTIVE], name="Paper, part; 1\nnext",
    )  # fmt: skip
    await book(booking, "bob", "small", (NOW, NOW + DAY), name="His")
    answer = await fetch(booking, await made(booking))
    calendar = Calendar.from_ical(answer.text)
    first, second = sorted(calendar.events, key=lambda event: event.start)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert str(calendar["X-WR-CALNAME"]) == "Bookings of alice"
    assert (first.start, first.end) == (NOW, NOW + DAY)
    assert b"DTSTART:20300603T100000Z" in answer.content
    assert str(first["SUMMARY"]) == "Paper, part; 1\nnext (small)"
    assert {str(first["UID"]), str(second["UID"])} == {
        f"{span.id}@aglais-booking" for span in one.spans
    }
    assert f"{PUBLIC}/services/booking/bookings/{one.id}" in str(first["DESCRIPTION"])
    assert (str(first["STATUS"]), first["SEQUENCE"]) == ("CONFIRMED", 0)
    assert "VALARM" not in answer.text
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75


async def test_what_is_cancelled_is_said_to_be_and_forgotten_in_time(
    booking: RunningService,
) -> None:
    cancelled, returned = SpanState.CANCELLED, SpanState.RETURNED
    await book(booking, "alice", "tiny", (NOW, NOW + DAY), states=[cancelled], name="New")
    await book(
        booking, "alice", "tiny", (NOW - 29 * DAY, NOW - 28 * DAY), states=[returned], name="Past"
    )
    await book(
        booking, "alice", "tiny", (NOW - 32 * DAY, NOW - 31 * DAY), states=[cancelled], name="Old"
    )
    await book(
        booking, "alice", "tiny", (NOW - 89 * DAY, NOW - 88 * DAY),
        states=[SpanState.ENDED], name="Done",
    )  # fmt: skip
    await book(
        booking, "alice", "tiny", (NOW - 99 * DAY, NOW - 91 * DAY),
        states=[SpanState.ENDED], name="Long ago",
    )  # fmt: skip
    found = events(await fetch(booking, await made(booking)))
    told = {name: (str(event["STATUS"]), event["SEQUENCE"]) for name, event in found.items()}
    assert told == {
        "New (tiny)": ("CANCELLED", 1),
        "Past (tiny)": ("CANCELLED", 1),
        "Done (tiny)": ("CONFIRMED", 0),
    }


async def test_a_calendar_that_is_the_same_is_not_sent_again(booking: RunningService) -> None:
    await book(booking, "alice", "small", (NOW, NOW + DAY))
    path = await made(booking)
    first = await fetch(booking, path)
    with time_machine.travel(NOW + HOUR, tick=False):
        again = await fetch(booking, path, **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


async def test_a_renewed_or_revoked_address_is_as_good_as_none(booking: RunningService) -> None:
    old, new = await made(booking), await made(booking)
    async with booking.api(booking.hub.token("alice", *OWN)) as api:
        known = (await api.get("feeds/alice")).json()
        listed = (await api.get("feeds")).json()
        found = [(await fetch(booking, path)).status_code for path in (old, new)]
        revoked = await api.delete("feeds/alice")
        again = await api.delete("feeds/alice")
        gone = [await fetch(booking, path) for path in (old, new, "feeds/nothing.ics")]
        unknown = await api.get("feeds/alice")
    assert known == {"account": "alice", "created_at": "2030-06-03T10:00:00Z"}
    assert listed == [known]
    assert found == [404, 200]
    assert (revoked.status_code, again.status_code) == (204, 404)
    assert [answer.status_code for answer in gone] == [404] * 3
    # Nobody learns whether there was one.
    assert len({answer.text for answer in gone}) == 1
    assert unknown.json()["code"] == "no-feed"


async def test_the_address_is_kept_nowhere(
    booking: RunningService, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        path = await made(booking)
        await fetch(booking, path)
    secret = path.removeprefix("feeds/").removesuffix(".ics")
    async with booking.process.database.reading() as session:
        rows = list(await session.execute(text("SELECT * FROM feeds")))
        kept = list(await session.execute(text("SELECT * FROM answers")))
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("http")]
    assert len(rows) == 1
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", secret)
    assert secret not in str((rows, kept, ours, capsys.readouterr()))


async def test_not_even_an_error_logs_the_address(
    booking: RunningService, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await made(booking)

    async def fail(_manager: FeedManager, _secret: str) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr(FeedManager, "calendar", fail)
    with caplog.at_level(logging.INFO):
        answer = await fetch(booking, path)
    told = [one for one in caplog.records if not one.name.startswith("http")]
    lines = [JsonLines().format(one) for one in told]
    assert answer.status_code == 500
    assert any("A calendar could not be given" in line for line in lines)
    assert path.removesuffix(".ics").rpartition("/")[2] not in str(lines)


def test_lines_of_a_log_hold_no_address() -> None:
    path = "/services/booking/feeds/abc-DEF_1.ics"
    record = logging.LogRecord("x", 40, "f", 1, "GET %s (::1)", (path,), None)
    line = JsonLines().format(record)
    assert "abc-DEF_1" not in line
    assert "/services/booking/feeds/… (::1)" in line


async def test_who_may_have_and_revoke_a_feed(booking: RunningService) -> None:
    await made(booking)
    async with (
        booking.api(booking.hub.token("bob", f"{READ}!user=bob", f"{WRITE}!user=bob")) as his,
        booking.api(booking.hub.token("alice", f"{READ}!user=alice")) as reader,
        booking.program(READ, WRITE) as operator,
        booking.api(None) as nobody,
    ):
        assert (await his.get("feeds/alice")).status_code == 403
        assert (await his.delete("feeds/alice")).status_code == 403
        assert (await his.get("feeds", params={"account": "alice"})).status_code == 403
        assert (await his.get("feeds")).json() == []
        assert (await reader.post("feeds")).status_code == 403
        assert (await nobody.post("feeds")).status_code == 401
        assert (await operator.post("feeds")).status_code == 403
        keyed = await his.post("feeds", headers={"Idempotency-Key": "1"})
        assert keyed.status_code == 400
        assert len((await operator.get("feeds")).json()) == 1
        assert (await operator.delete("feeds/alice")).status_code == 204


async def test_a_feed_is_made_renewed_and_revoked_on_its_page(booking: RunningService) -> None:
    async with booking.browser("alice", *OWN) as browser:
        empty = await browser.get("calendar-feed")
        first = await browser.post("calendar-feed", data=form_of(empty))
        address = re.search(r'value="https://hub.test/services/booking/(feeds/[^"]+)"', first.text)
        assert address is not None
        worked = (await fetch(booking, address[1])).status_code
        shown = await browser.get("calendar-feed")
        form = form_of(shown) | {"revoke": "yes"}
        revoked = await browser.post("calendar-feed", data=form)
        twice = await browser.post("calendar-feed", data=form)
        after = await browser.get("calendar-feed")
    assert "Make a calendar feed" in empty.text
    assert 'active" href="/services/booking/calendar-feed"' in empty.text
    assert worked == 200
    assert "since" in shown.text
    assert address[1] not in shown.text
    assert (revoked.status_code, twice.status_code) == (303, 303)
    assert revoked.headers["Location"] == "/services/booking/calendar-feed"
    assert "Make a calendar feed" in after.text
    assert (await fetch(booking, address[1])).status_code == 404


async def test_a_form_from_elsewhere_makes_nothing(booking: RunningService) -> None:
    async with booking.browser("alice", *OWN) as browser:
        refused = await browser.post("calendar-feed", data={"revoke": ""})
    async with booking.api(booking.hub.token("alice", *OWN)) as api:
        assert (await api.get("feeds")).json() == []
    assert refused.status_code == 403


async def test_what_is_available_is_a_calendar_too(booking: RunningService) -> None:
    monday = datetime(2030, 6, 3, tzinfo=UTC)
    await book(booking, "bob", "large", (monday + DAY, monday + 3 * DAY))
    asked = {"package": "large", "period": "this-week"}
    async with booking.api(booking.hub.token("alice", PACKAGES)) as api:
        answer = await api.get("availability.ics", params=asked)
    calendar = Calendar.from_ical(answer.text)
    times = [(event.start, event.end, str(event["SUMMARY"])) for event in calendar.events]
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert times == [
        (monday, monday + DAY, "large: 1 available"),
        (monday + 3 * DAY, monday + 7 * DAY, "large: 1 available"),
    ]
