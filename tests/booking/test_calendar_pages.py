"""Pages of the calendar and of bookings, as a browser without scripts gets and sends them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import time_machine

from aglais_booking import service
from aglais_booking.views.grid import grid_of
from aglais_booking.views.sizes import parts_of
from aglais_booking.views.words import days_in_words, length_in_words, span_in_words
from aglais_hub.calendar import Days, slots_of
from aglais_hub.client.mock import MockPlatform
from aglais_hub.identity import Actor, scope
from aglais_hub.models.accounts import Level
from aglais_hub.models.availability import (
    Availability,
    AvailabilityRow,
    Cell,
    CellState,
    Granularity,
)
from aglais_hub.models.booking import Limits, Machines, PoolEdit, UnitLimits
from tests.support.hub import HubDouble
from tests.support.pages import FormReader
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "bookings"), scope("write", "bookings")
PACKAGES, POOLS = scope("read", "packages"), scope("read", "pools")
GIB = 2**30
NOW = "2026-06-03T09:20:00Z"
"""A Wednesday."""


@pytest.fixture(autouse=True)
def clock() -> Any:
    """It is always the same moment, unless a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
async def booking(hub: HubDouble, tmp_path: Path) -> AsyncIterator[RunningService]:
    """Room for one large session or a few small ones; alice and bob of level 1, nora of n."""
    async with at_work(f"sqlite:///{tmp_path / 'test.db'}", hub) as service_:
        yield service_


@asynccontextmanager
async def at_work(url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    mock = MockPlatform()
    for name, level in (("alice", Level.BASIC), ("bob", Level.BASIC), ("nora", Level.CUSTOM)):
        mock.accounts.made(name, level)
    machine = {"embedded_cores": 8, "embedded_memory_bytes": 64 * GIB}
    async with running(service, url, hub, mock.clients, **machine) as service_:
        await service_.process.manager.pools.ensure()
        yield service_


def browser(booking: RunningService, name: str = "alice") -> httpx.AsyncClient:
    """Return a browser of a member."""
    own = [f"{one}!user={name}" for one in (READ, WRITE)]
    return booking.browser(name, PACKAGES, POOLS, *own)


def where(answer: httpx.Response) -> str:
    """Return the page that an answer leads to."""
    assert answer.status_code == 303, problem(answer)
    return answer.headers["Location"].partition("/services/booking/")[2]


def form_of(page: httpx.Response) -> dict[str, str]:
    """Return what the form that changes something would send; the calendar has another one."""
    reader = FormReader()
    reader.feed(page.text[page.text.index('method="post"') :])
    return reader.values


async def send(page: httpx.AsyncClient, path: str, **typed: str) -> httpx.Response:
    """Open a page, fill in its form, and send that."""
    form = form_of(await page.get(path)) | {"package": "small", "name": "Stars"} | typed
    return await page.post(path, data=form)


async def booked(page: httpx.AsyncClient, **typed: str) -> str:
    """Book; return the path of the booking's page."""
    days = {"first_day": "2026-06-10", "last_day": "2026-06-11"}
    answer = await send(page, "bookings/new", **(typed or days))
    return where(answer).partition("?")[0]


def problem(page: httpx.Response) -> str:
    """Return what the page says is wrong."""
    found = re.search(r'role="alert"[^>]*>(.*?)</div>', page.text, re.DOTALL)
    return found[1].strip() if found else ""


def words(page: httpx.Response) -> str:
    """Return what can be read on it."""
    body = re.sub(r"<(style|script).*?</\1>", "", page.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def labels(page: httpx.Response, package: str) -> list[str]:
    """Return what is said of the cells of a package."""
    row = re.search(rf'<tr data-package="{package}".*?</tr>', page.text, re.DOTALL)
    assert row is not None
    return re.findall(r'<td class="ag-cell[^>]*aria-label="([^"]*)"', row[0])


async def test_the_calendar_is_the_services_home_and_first_tab(booking: RunningService) -> None:
    async with browser(booking) as page:
        home = await page.get("")
        shown = await page.get("calendar")
    assert home.headers["Location"].endswith("/services/booking/calendar")
    tabs = re.findall(r'class="nav-link( active)?" href="[^"]*">(\w+)</a></li>', shown.text)
    assert [title for _, title in tabs if title in {"Calendar", "Bookings"}] == [
        "Calendar",
        "Bookings",
    ]
    assert tabs[0] == (" active", "Calendar")


async def test_the_grid_is_the_seeds_picture_in_words(booking: RunningService) -> None:
    async with browser(booking, "bob") as page:
        await booked(page, package="large", first_day="2026-06-05", last_day="2026-06-06")
    async with browser(booking) as page:
        await booked(page, package="small", first_day="2026-06-07", last_day="2026-06-07")
        shown = await page.get("calendar")
    rows = re.findall(r'<tr data-package="(\w+)"', shown.text)
    assert rows == ["large", "medium", "small", "tiny", "custom"]
    assert "1 to 7 June 2026" in words(shown)
    large, small = labels(shown, "large"), labels(shown, "small")
    assert large[0] == "large, Monday 1 June 2026: past"
    assert large[2] == "large, Wednesday 3 June 2026: 1 free"
    assert large[4] == "large, Friday 5 June 2026: taken"
    assert small[6] == "small, Sunday 7 June 2026: your booking"
    assert shown.text.count("/bookings/") == 1  # from the one cell that is mine


PERIODS = (
    ("period=today", "Wednesday 3 June 2026", 24),
    ("period=next-week", "8 to 14 June 2026", 7),
    ("period=this-month", "1 to 30 June 2026", 30),
    ("from=2026-06&to=2026-08&by=week", "1 June to 6 September 2026", 14),
    ("from=2026-06-05&to=2026-06-06&by=hour", "5 to 6 June 2026", 48),
)


async def test_any_days_are_shown_by_hour_day_or_week(booking: RunningService) -> None:
    async with browser(booking) as page:
        for query, period, columns in PERIODS:
            shown = await page.get(f"calendar?{query}")
            assert period in words(shown), query
            assert len(labels(shown, "small")) == columns, query


async def test_earlier_and_later_are_as_long_and_months_stay_whole(
    booking: RunningService,
) -> None:
    async with browser(booking) as page:
        week = await page.get("calendar?package=medium,large")
        month = await page.get("calendar?period=this-month")
    [before] = re.findall(r'href="(\?[^"]*)" rel="prev"', week.text)
    [after] = re.findall(r'href="(\?[^"]*)" rel="next"', month.text)
    assert "from=2026-05-25&amp;to=2026-05-31" in before
    assert "package=medium%2Clarge" in before
    assert "from=2026-07-01&amp;to=2026-07-31" in after
    assert re.findall(r'<tr data-package="(\w+)"', week.text) == ["large", "medium"]


NONSENSE = (
    "zone=Europe/Nowhere", "from=yesterday", "from=2026-06-07&to=2026-06-01", "period=ever",
    "cores=4", "by=minute", "package=huge", "cores=1e308&memory_bytes=1", "what=ever",
    "from=1970-01-01&to=2026-06-01&by=hour",
)  # fmt: skip


async def test_what_cannot_be_meant_is_said_above_the_usual_week(
    booking: RunningService,
) -> None:
    async with browser(booking) as page:
        for query in NONSENSE:
            shown = await page.get(f"calendar?{query}")
            assert shown.status_code in {400, 404}, query
            assert "This week is shown instead." in problem(shown)
            assert len(labels(shown, "small")) == 7


async def test_a_zone_is_kept_and_moves_the_days(booking: RunningService) -> None:
    async with browser(booking) as page:
        tokyo = await page.get("calendar?period=today&zone=Asia/Tokyo")
        later = await page.get("calendar?period=today")
    async with browser(booking) as page:
        page.cookies.set("aglais-zone", "Not/There", path="/services/booking/")
        lost = await page.get("calendar")
    for shown in (tokyo, later):
        assert 'name="zone" value="Asia/Tokyo"' in shown.text
        assert shown.text.count('aria-current="date"') == 1
        assert re.search(r'data-words="Wed 3 Jun 2026, 18:00"[^>]*aria-current="date"', shown.text)
    assert (lost.status_code, 'name="zone" value="UTC"' in lost.text) == (200, True)


async def test_the_form_books_and_leads_to_the_booking(booking: RunningService) -> None:
    async with browser(booking) as page:
        answer = await send(
            page, "calendar?period=next-week", first_day="2026-06-12", last_day="2026-06-14"
        )
        shown = await page.get(where(answer))
    assert answer.status_code == 303
    assert "Booked. It is yours at these times." in words(shown)
    assert "Fri 12 Jun 2026 to Sun 14 Jun 2026" in words(shown)
    assert "3 days · starts in 8 days 14 hours" in words(shown)


async def test_a_form_that_is_sent_again_makes_no_second_booking(booking: RunningService) -> None:
    async with browser(booking) as page:
        form = form_of(await page.get("calendar")) | {"first_day": "2026-06-10", "name": "Stars"}
        first = await page.post("calendar", data=form)
        second = await page.post("calendar", data=form)
        changed = await page.post("calendar", data=form | {"name": "Planets"})
        listed = words(await page.get("bookings"))
    assert first.headers["Location"] == second.headers["Location"] != changed.headers["Location"]
    assert (listed.count("Stars"), listed.count("Planets")) == (1, 1)


async def test_forms_that_come_at_the_same_moment_make_one_booking(
    database_url: str, hub: HubDouble
) -> None:
    async with at_work(database_url, hub) as booking, browser(booking) as page:
        form = form_of(await page.get("calendar")) | {"first_day": "2026-06-10", "name": "Stars"}
        answers = await asyncio.gather(*(page.post("calendar", data=form) for _ in range(4)))
        listed = words(await page.get("bookings"))
    assert len({where(answer) for answer in answers}) == 1
    assert listed.count("Stars") == 1


async def test_a_refusal_keeps_what_was_typed_and_says_what_fits(booking: RunningService) -> None:
    async with browser(booking, "bob") as page:
        await booked(page, package="large", first_day="2026-06-10", last_day="2026-06-11")
    async with browser(booking) as page:
        query = "calendar?period=next-week"
        full = await send(
            page, query, package="large", first_day="2026-06-11", last_day="2026-06-12"
        )
        swapped = await send(page, query, first_day="2026-06-12", last_day="2026-06-11")
        past = await send(page, query, first_day="2026-06-01", last_day="2026-06-02")
        nothing = await send(page, query)
        not_mine = await send(page, query, first_day="2026-06-11", account="bob")
        listed = words(await page.get("bookings?state=all"))
    assert full.status_code == 409
    assert "2026-06-12" in problem(full), "it does not say when it would fit"
    assert form_of(full)["last_day"] == "2026-06-12"
    assert labels(full, "large")[3] == "large, Thursday 11 June 2026: taken"
    assert (swapped.status_code, past.status_code, nothing.status_code) == (400, 400, 400)
    assert form_of(swapped)["name"] == "Stars"
    assert not_mine.status_code == 403
    assert "Stars" not in listed


async def test_a_form_without_its_token_books_nothing(booking: RunningService) -> None:
    async with browser(booking) as page:
        form = form_of(await page.get("calendar")) | {"first_day": "2026-06-10"}
        del form["_xsrf"]
        answer = await page.post("calendar", data=form)
        listed = await page.get("bookings?state=all")
    assert answer.status_code == 403
    assert "Nothing is booked." in words(listed)


async def test_it_recurs_without_an_rfc(booking: RunningService) -> None:
    days = {"first_day": "2026-06-06", "last_day": "2026-06-07"}
    async with browser(booking) as page:
        open_end = await send(page, "bookings/new", **days, _again="FREQ=WEEKLY")
        weekends = await page.get(await booked(page, **days, _again="FREQ=WEEKLY", _count="3"))
        own_rule = await page.get(
            await booked(page, start="2026-07-06T18:00", end="2026-07-07T08:00",
                         recurrence="FREQ=DAILY;COUNT=7")
        )  # fmt: skip
    assert "how many times" in problem(open_end)
    assert form_of(open_end)["_again"] == "FREQ=WEEKLY"
    assert weekends.text.count("data-state") == 0
    assert "Sat 20 Jun 2026 to Sun 21 Jun 2026" in words(weekends)
    assert words(own_rule).count("14 hours") == 7


async def test_several_times_are_one_booking(booking: RunningService) -> None:
    more = {"spans.0.start": "2026-06-12T09:00", "spans.0.end": "2026-06-12T17:00"}
    async with browser(booking) as page:
        shown = await page.get(await booked(page, first_day="2026-06-10", **more))
    assert "Wed 10 Jun 2026" in words(shown)
    assert "Fri 12 Jun 2026, 09:00 to 17:00" in words(shown)


async def test_a_size_of_ones_own_is_looked_for_and_booked(booking: RunningService) -> None:
    async with browser(booking, "nora") as page:
        looked = "calendar?period=next-week&cores=12&memory_bytes=24 GiB"
        usual = await page.get("calendar")
        shown = await page.get(looked)
        answer = await page.post(looked, data=form_of(shown) | {"first_day": "2026-06-10"})
        made = await page.get(where(answer))
        too_large = form_of(await page.get(looked)) | {
            "first_day": "2026-06-10", "limits.worker_count": "200",
        }  # fmt: skip
        refused = await page.post(looked, data=too_large)
    assert re.findall(r'<tr data-package="(\w+)"', shown.text) == ["custom"]
    assert (form_of(usual)["package"], form_of(shown)["package"]) == ("small", "custom")
    assert "12 cores, 24 GiB" in words(made)
    assert (refused.status_code, form_of(refused)["limits.worker_count"]) in {
        (400, "200"), (409, "200"),
    }  # fmt: skip


async def test_who_may_not_book_a_package_is_not_offered_it(booking: RunningService) -> None:
    async with browser(booking) as page:
        shown = await page.get("calendar")
        custom = await page.get("calendar?package=custom")
    assert 'data-package="custom" data-bookable="no"' in shown.text
    assert 'data-custom="yes"' not in shown.text
    assert "Your level cannot book what is shown." in words(custom)


async def test_times_are_extended_shortened_and_moved(booking: RunningService) -> None:
    async with browser(booking) as page:
        path = await booked(page)
        span = re.findall(r"/spans/(\w+)/extend", (await page.get(path)).text)[0]
        for verb, times, told in (
            ("extend", {"end": "2026-06-13T12:00"}, "to Sat 13 Jun 2026, 12:00"),
            ("shorten", {"end": "2026-06-12T00:00"}, "Wed 10 Jun 2026 to Thu 11 Jun 2026"),
            (
                "move",
                {"start": "2026-06-16T00:00", "end": "2026-06-18T00:00", "why": "rain"},
                "Tue 16 Jun 2026 to Wed 17 Jun 2026",
            ),
        ):
            form = form_of(await page.get(f"{path}/spans/{span}/{verb}")) | times
            answer = await page.post(f"{path}/spans/{span}/{verb}", data=form)
            assert told in words(await page.get(where(answer)))
        wrong = form_of(await page.get(f"{path}/spans/{span}/move")) | {"end": "2026-06-01T00:00"}
        refused = await page.post(f"{path}/spans/{span}/move", data=wrong)
        nothing = await page.get(f"{path}/spans/nothing/move")
        shown = words(await page.get(path))
    assert (refused.status_code, form_of(refused)["end"]) == (400, "2026-06-01T00:00")
    assert nothing.status_code == 404
    for what in ("made", "extended", "shortened", "moved", "“rain”"):
        assert what in shown


async def test_what_is_cancelled_is_made_again_with_one_form(booking: RunningService) -> None:
    async with browser(booking) as page:
        path = await booked(page)
        asked = await page.get(f"{path}/cancel")
        answer = form_of(asked) | {"why": "rain"}
        done = await page.post(f"{path}/cancel", data=answer)
        double = await page.post(f"{path}/cancel", data=answer)
        shown = await page.get(where(done))
        twice = await page.get(f"{path}/cancel")
        over = await page.get("bookings")
        every = await page.get("bookings?state=all")
        [again] = re.findall(r'href="[^"]*(bookings/new\?[^"]*)"', shown.text)
        form = form_of(await page.get(again.replace("&amp;", "&")))
        made = await page.post("bookings/new", data=form)
        new = await page.get(where(made))
    assert "Wed 10 Jun 2026 to Thu 11 Jun 2026" in words(asked)
    assert double.headers["Location"] == done.headers["Location"]
    assert "free for others now" in words(shown)
    assert words(shown).count("“rain”") == 1
    assert "There is nothing to give back." in words(twice)
    assert "Nothing is booked." in words(over)
    assert "cancelled" in words(every)
    assert "Wed 10 Jun 2026 to Thu 11 Jun 2026" in words(new)


async def test_one_of_several_times_is_given_back(booking: RunningService) -> None:
    async with browser(booking) as page:
        path = await booked(page, first_day="2026-06-10", recurrence="FREQ=DAILY;COUNT=2")
        [first, _] = re.findall(r"/spans/(\w+)/cancel", (await page.get(path)).text)
        form = form_of(await page.get(f"{path}/spans/{first}/cancel"))
        await page.post(f"{path}/spans/{first}/cancel", data=form)
        shown = await page.get(path)
    assert re.findall(r"/spans/(\w+)/cancel", shown.text) != [first]
    assert first not in "".join(re.findall(r"/spans/(\w+)/", shown.text))


async def test_a_booking_that_is_on_leads_to_its_session(
    booking: RunningService, clock: time_machine.Traveller
) -> None:
    async with browser(booking) as page:
        path = await booked(page)
        before = await page.get(path)
        clock.move_to("2026-06-10T12:00:00Z")
        shown = await page.get(path)
    assert "Start session now" not in before.text
    assert '/hub/spawn"' in shown.text
    assert "ends in 1 day 12 hours" in words(shown)
    assert "ag-this-moment" in shown.text
    assert "/move" not in shown.text, "what has begun cannot be moved"


async def test_who_booked_what_is_not_there_any_more_is_told(booking: RunningService) -> None:
    async with browser(booking) as page:
        path = await booked(page, package="large", first_day="2026-06-10")
        manager = booking.process.manager
        admin = Actor("ada", "user", frozenset({scope("write", "pools")}))
        pool = await manager.pools.get("embedded")
        fewer = Machines(cores=1, memory_bytes=4 * GIB)
        edit = PoolEdit(resources=fewer, core_overcommit=pool.core_overcommit)
        await manager.pools.edit(admin, "embedded", edit, None)
        shown, listed = await page.get(path), await page.get("bookings")
    assert "There are fewer machines than when this was booked" in words(shown)
    assert "over capacity" in words(listed)


async def test_a_booking_is_renamed_over_the_state_that_was_seen(booking: RunningService) -> None:
    async with browser(booking) as page:
        path = await booked(page)
        form = form_of(await page.get(f"{path}/edit"))
        first = await page.post(f"{path}/edit", data=form | {"name": "Planets"})
        second = await page.post(f"{path}/edit", data=form | {"name": "Comets"})
        shown = words(await page.get(path))
    assert (first.status_code, second.status_code) == (303, 412)
    assert "Planets" in shown
    assert "Comets" not in shown


async def test_bookings_of_others_are_not_seen_or_touched(booking: RunningService) -> None:
    async with browser(booking) as page:
        path = await booked(page)
        span = re.findall(r"/spans/(\w+)/extend", (await page.get(path)).text)[0]
    async with browser(booking, "bob") as page:
        listed = await page.get("bookings?state=all")
        asked = await page.get("bookings?account=alice")
        form = {"_xsrf": form_of(await page.get("calendar"))["_xsrf"]}
        places = [path, f"{path}/edit", f"{path}/cancel", f"{path}/spans/{span}/move"]
        answers = [await page.get(place) for place in places]
        answers += [await page.post(place, data=form) for place in places[1:]]
    assert "Stars" not in listed.text
    assert asked.status_code == 403
    assert {answer.status_code for answer in answers} == {404}


async def test_who_has_no_scopes_sees_and_books_nothing(booking: RunningService) -> None:
    async with browser(booking) as page:
        path = await booked(page)
    async with booking.browser("mallory", kind="service") as page:
        form = {"_xsrf": form_of(await page.get("calendar"))["_xsrf"], "package": "small"}
        answers = [await page.get(place) for place in ("bookings", path, f"{path}/cancel")]
        answers += [await page.post(place, data=form) for place in ("calendar", "bookings/new")]
        answers.append(await page.post(f"{path}/cancel", data=form))
    assert {answer.status_code for answer in answers} == {403}


async def test_administrators_filter_everybodys(booking: RunningService) -> None:
    for name in ("alice", "bob"):
        async with browser(booking, name) as page:
            await booked(page, first_day="2026-06-10", name=f"Of {name}")
    async with booking.browser("ada", PACKAGES, POOLS, READ, WRITE) as page:
        every = words(await page.get("bookings"))
        bobs = words(await page.get("bookings?account=bob&state=booked"))
        none = await page.get("bookings?account=bob&state=ended")
        wrong = await page.get("bookings?state=lost")
        for_alice = await send(page, "calendar", first_day="2026-06-20", account="alice")
    assert "Of alice" in every
    assert "Of bob" in every
    assert "Of alice" not in bobs
    assert "There are no such bookings." in words(none)
    assert wrong.status_code == 400
    assert for_alice.status_code == 303


def test_days_on_which_clocks_change_are_days_all_the_same() -> None:
    zone = ZoneInfo("Europe/London")
    days = Days(
        datetime(2026, 10, 25, tzinfo=zone).date(), datetime(2026, 10, 26, tzinfo=zone).date()
    )
    hours = slots_of(days, Granularity.HOUR, zone)
    cells = tuple(Cell(state=CellState.AVAILABLE, count=1) for _ in hours)
    row = AvailabilityRow(package="small", title="", is_bookable=True, cells=cells)
    found = Availability(
        zone=zone.key, by=Granularity.HOUR, slots=tuple(hours), rows=(row,),
        starts_at=hours[0].starts_at, ends_at=hours[-1].ends_at,
    )  # fmt: skip
    grid = grid_of(found, [], ["small"], zone, datetime(2026, 10, 1, tzinfo=UTC))
    assert [column.number for column in grid.columns][:4] == ["00", "01", "01", "02"]
    assert [head.width for head in grid.heads] == [25]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-11-27T00:00", "2026-11-30T00:00", "Fri 27 Nov 2026 to Sun 29 Nov 2026"),
        ("2026-11-27T00:00", "2026-11-28T00:00", "Fri 27 Nov 2026"),
        ("2026-11-27T09:00", "2026-11-27T17:30", "Fri 27 Nov 2026, 09:00 to 17:30"),
        ("2026-11-27T09:00", "2026-11-28T00:00", "Fri 27 Nov 2026, 09:00 to 24:00"),
        ("2026-12-31T22:00", "2027-01-01T02:00",
         "Thu 31 Dec 2026, 22:00 to Fri 1 Jan 2027, 02:00"),
    ],
)  # fmt: skip
def test_spans_are_said_as_people_say_them(start: str, end: str, said: str) -> None:
    zone = ZoneInfo("Europe/London")
    moments = [datetime.fromisoformat(moment).replace(tzinfo=zone) for moment in (start, end)]
    assert span_in_words(moments[0], moments[1], zone) == said
    assert length_in_words(moments[1] - moments[0])


def test_days_are_said_without_saying_anything_twice() -> None:
    first = datetime(2026, 11, 30, tzinfo=UTC).date()
    for last, said in (
        ("2026-11-30", "Monday 30 November 2026"),
        ("2026-12-06", "30 November to 6 December 2026"),
        ("2027-01-03", "30 November 2026 to 3 January 2027"),
    ):
        assert days_in_words(first, datetime.fromisoformat(last).date()) == said


@pytest.mark.parametrize(("cores", "gib"), [(12, 24), (4, 8), (20, 40), (1, 3), (16, 20)])
def test_the_parts_of_a_size_come_to_the_whole(cores: float, gib: int) -> None:
    unit = UnitLimits(cores=4, memory_bytes=8 * GIB)
    like = Limits(frontend=unit, worker=unit, worker_count=4, disk_bytes=GIB)
    parts = parts_of(cores, gib * GIB, 0, like, like)
    assert parts.total.cores == pytest.approx(cores, abs=0.01)
    assert parts.total.memory_bytes == pytest.approx(gib * GIB, abs=8)
    assert parts.worker.cores <= 4
    assert parts.worker.memory_bytes <= 8 * GIB
