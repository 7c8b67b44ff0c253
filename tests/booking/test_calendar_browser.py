"""The calendar in a real browser: by mouse, by keyboard, on a phone, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from aglais_booking import service
from aglais_hub.client.mock import MockPlatform
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level
from aglais_hub.models.bookings import BookingRequest
from aglais_hub.paging import Window
from tests.support.browsed import BrowsedService, browsed
from tests.support.browser import open_browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GIB = 2**30
DESK = {"width": 1200, "height": 900}
PHONE = {"width": 360, "height": 740}
OPEN = scope("read", "packages"), scope("read", "pools")


def own(name: str) -> list[str]:
    """Return the scopes for one's own bookings."""
    return [f"{scope(verb, 'bookings')}!user={name}" for verb in ("read", "write")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as running:
        yield running


@pytest.fixture
def booking(tmp_path: Path) -> Iterator[BrowsedService]:
    """Room for one large session or a few small ones; and two members."""
    mock = MockPlatform()
    for name in ("alice", "bob"):
        mock.accounts.made(name, Level.BASIC)
    machine = {"embedded_cores": 8, "embedded_memory_bytes": 64 * GIB}
    url = f"sqlite:///{tmp_path / 'test.db'}"
    with browsed(service, url, mock.clients, **machine) as running:
        running.run(running.service.process.manager.pools.ensure())
        yield running


def visit(booking: BrowsedService, browser: Browser, **options: Any) -> Page:
    """Return the browser of alice, in Britain; a script that fails fails the test."""
    usual = {"timezone_id": "Europe/London", "locale": "en-GB", "viewport": DESK}
    context = browser.new_context(**usual | options)
    booking.log_in(context, "alice", *OPEN, *own("alice"), groups=["level-1"])
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    return page


def next_week(booking: BrowsedService, page: Page) -> Page:
    """Go to a week all of which is still to come."""
    page.goto(f"{booking.url}calendar?period=next-week")
    return page


def monday() -> date:
    """Return its first day."""
    today = utcnow().date()
    return today + timedelta(days=7 - today.weekday())


def cell(page: Page, package: str, day: int) -> Locator:
    """Return a cell; days count from Monday, 0."""
    return page.locator(f'tr[data-package="{package}"] td').nth(day)


def chosen(page: Page) -> list[str]:
    """Return what of the grid is selected."""
    found = page.locator('[aria-selected="true"]')
    return [found.nth(number).get_attribute("aria-label") or "" for number in range(found.count())]


def book_as(booking: BrowsedService, name: str, package: str, first: int, last: int) -> None:
    """Let somebody else book."""
    request = BookingRequest(
        name="Elsewhere",
        package=package,
        first_day=monday() + timedelta(days=first),
        last_day=monday() + timedelta(days=last),
    )
    manager = booking.service.process.manager
    actor = Actor(name, "user", frozenset(own(name)))

    async def book() -> None:
        await manager.bookings.prepare(actor, request)
        await manager.bookings.create(actor, request)

    booking.run(book())


def count(booking: BrowsedService) -> int:
    """Return how many bookings there are."""
    actor = Actor("ada", "user", frozenset({scope("read", "bookings")}))

    async def ask() -> int:
        batch = await booking.service.process.manager.bookings.page(actor, Window(100))
        return len(batch.things)

    return booking.run(ask())


def test_a_block_is_booked_with_the_mouse(booking: BrowsedService, browser: Browser) -> None:
    page = next_week(booking, visit(booking, browser))
    cell(page, "medium", 4).drag_to(cell(page, "medium", 2))
    assert len(chosen(page)) == 3
    expect(page.locator("#selection")).to_contain_text("medium")
    expect(page.locator("#selection")).to_contain_text("3 days")
    expect(page.get_by_label("First day")).to_have_value(str(monday() + timedelta(days=2)))
    page.locator("#selection").get_by_role("button", name="Book").click()
    expect(page.get_by_role("status")).to_contain_text("It is yours")
    next_week(booking, page)
    mine = page.get_by_role("link", name=re.compile("medium, .*: your booking"))
    expect(mine).to_have_count(3)
    mine.first.click()
    expect(page).to_have_url(re.compile(r"/bookings/[0-9a-f]+$"))
    assert count(booking) == 1


def test_two_clicks_choose_the_first_and_the_last(
    booking: BrowsedService, browser: Browser
) -> None:
    page = next_week(booking, visit(booking, browser))
    cell(page, "small", 1).click()
    assert len(chosen(page)) == 1
    cell(page, "small", 3).click()
    assert len(chosen(page)) == 3
    cell(page, "medium", 0).click()
    assert [one.partition(",")[0] for one in chosen(page)] == ["medium"]
    page.get_by_role("button", name="Clear the selection").click()
    assert chosen(page) == []
    expect(page.get_by_label("First day")).to_have_value("")


def test_a_block_is_booked_with_the_keyboard(booking: BrowsedService, browser: Browser) -> None:
    page = next_week(booking, visit(booking, browser))
    said = page.locator("#calendar-said")
    assert page.locator('tbody td[tabindex="0"]').count() == 1
    page.get_by_role("link", name="Later").focus()
    for _ in range(8):  # the names of packages are links
        if page.evaluate("document.activeElement.matches('tbody td')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Choose the last one")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Selected: medium")
    assert len(chosen(page)) == 3
    page.keyboard.press("Escape")
    assert chosen(page) == []
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    expect(said).to_contain_text("2 days")
    page.get_by_label("Name").focus()
    page.keyboard.type("Night shift")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Night shift")).to_be_visible()
    assert count(booking) == 1


def test_a_block_is_booked_on_a_phone(booking: BrowsedService, browser: Browser) -> None:
    page = next_week(booking, visit(booking, browser, viewport=PHONE, has_touch=True))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelector('.ag-scroll').scrollWidth > innerWidth - 24")
    cell(page, "large", 4).tap()
    cell(page, "large", 6).tap()
    name = page.locator('tr[data-package="large"] th')
    box = name.bounding_box()
    assert box is not None
    assert 0 <= box["x"] < 40, "the names of packages do not stay"
    expect(page.locator("#selection")).to_contain_text("3 days")
    page.locator("#selection").get_by_role("button", name="Book").tap()
    expect(page.get_by_role("status")).to_contain_text("It is yours")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert count(booking) == 1


def test_all_of_it_works_without_javascript(booking: BrowsedService, browser: Browser) -> None:
    page = visit(booking, browser, java_script_enabled=False, viewport=PHONE)
    next_week(booking, page)
    assert "requires JavaScript" not in page.locator("body").inner_text()
    page.get_by_label("Package", exact=True).select_option("small")
    page.get_by_label("First day").fill(str(monday() + timedelta(days=3)))
    page.get_by_label("Last day").fill(str(monday()))
    page.get_by_label("Name").fill("Stars")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("before the first")
    expect(page.get_by_label("Name")).to_have_value("Stars")
    page.get_by_label("Last day").fill(str(monday() + timedelta(days=4)))
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("heading", name="Stars")).to_be_visible()
    page.get_by_role("link", name="Extend").click()
    page.get_by_label("Up to").fill(f"{monday() + timedelta(days=6)}T12:00")
    page.get_by_role("button", name="Extend").click()
    expect(page.get_by_role("status")).to_contain_text("times are changed")
    expect(page.get_by_role("list", name="Times")).to_contain_text("12:00")
    page.get_by_role("link", name="Cancel booking").click()
    page.get_by_label("Why").fill("Clouds")
    page.get_by_role("button", name="Cancel it").click()
    expect(page.get_by_role("status")).to_contain_text("free for others")
    expect(page.get_by_role("list", name="History")).to_contain_text("Clouds")
    page.get_by_role("link", name="Book again").click()
    expect(page.get_by_label("Name")).to_have_value("Stars")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("It is yours")
    assert count(booking) == 2


def test_a_form_that_is_sent_twice_makes_one_booking(
    booking: BrowsedService, browser: Browser
) -> None:
    page = next_week(booking, visit(booking, browser))
    cell(page, "medium", 0).click()
    page.evaluate("const f = document.getElementById('book-form'); f.submit(); f.submit();")
    expect(page.get_by_role("status")).to_contain_text("It is yours")
    assert count(booking) == 1


def test_who_comes_too_late_is_told_what_fits(booking: BrowsedService, browser: Browser) -> None:
    page = next_week(booking, visit(booking, browser))
    cell(page, "large", 1).click()
    cell(page, "large", 2).click()
    book_as(booking, "bob", "large", 2, 3)
    page.locator("#selection").get_by_role("button", name="Book").click()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.get_by_label("Package", exact=True)).to_have_value("large")
    expect(page.get_by_label("Last day")).to_have_value(str(monday() + timedelta(days=2)))
    expect(cell(page, "large", 2)).to_have_attribute("data-state", "taken")
    assert count(booking) == 1


def test_a_block_ends_before_what_is_taken(booking: BrowsedService, browser: Browser) -> None:
    book_as(booking, "bob", "large", 3, 3)
    page = next_week(booking, visit(booking, browser))
    cell(page, "large", 1).drag_to(cell(page, "large", 5))
    assert len(chosen(page)) == 2
    cell(page, "large", 3).click()
    expect(page.locator("#calendar-said")).to_contain_text("taken")
    cell(page, "tiny", 1).click()
    expect(page.locator("#calendar-said")).to_contain_text("Your level cannot book")


def test_what_others_take_is_seen_without_a_reload(
    booking: BrowsedService, browser: Browser
) -> None:
    page = next_week(booking, visit(booking, browser))
    cell(page, "large", 1).click()
    cell(page, "large", 2).click()
    page.get_by_label("Name").focus()
    book_as(booking, "bob", "large", 2, 2)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(cell(page, "large", 2)).to_have_attribute("data-state", "taken")
    expect(page.locator("#calendar-said")).to_contain_text("Somebody else")
    assert chosen(page) == []


def test_hours_fill_times_of_day(booking: BrowsedService, browser: Browser) -> None:
    page = visit(booking, browser)
    day = monday() + timedelta(days=1)
    page.goto(f"{booking.url}calendar?from={day}&by=hour")
    cell(page, "small", 9).click()
    cell(page, "small", 16).click()
    expect(page.locator("#book-start")).to_have_value(f"{day}T09:00")
    expect(page.locator("#book-end")).to_have_value(f"{day}T17:00")
    page.locator("#selection").get_by_role("button", name="Book").click()
    expect(page.get_by_role("list", name="Times")).to_contain_text("09:00 to 17:00")


def test_times_are_those_of_the_browser_until_another_zone_is_chosen(
    booking: BrowsedService, browser: Browser
) -> None:
    page = visit(booking, browser, timezone_id="Asia/Tokyo")
    page.goto(f"{booking.url}calendar")
    expect(page.locator("#book-form [name=zone]")).to_have_value("Asia/Tokyo")
    page.get_by_text("Other days, hours").click()
    page.get_by_label("Time zone").fill("Pacific/Chatham")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#book-form [name=zone]")).to_have_value("Pacific/Chatham")
    page.goto(f"{booking.url}calendar?period=tomorrow")
    expect(page.locator("#book-form [name=zone]")).to_have_value("Pacific/Chatham")


@pytest.mark.parametrize(("scheme", "viewport"), [("light", DESK), ("dark", PHONE)])
def test_pages_are_accessible(
    booking: BrowsedService, browser: Browser, scheme: str, viewport: dict[str, int]
) -> None:
    book_as(booking, "alice", "medium", 1, 2)
    book_as(booking, "bob", "small", 3, 4)
    page = visit(booking, browser, color_scheme=scheme, viewport=viewport)
    next_week(booking, page)
    cell(page, "small", 3).click()
    looks_well(page)
    page.goto(f"{booking.url}bookings")
    looks_well(page)
    page.locator(".ag-name").first.click()
    looks_well(page)
    address = page.url
    for path in ("edit", "cancel"):
        page.goto(f"{address}/{path}")
        looks_well(page)
    page.goto(address)
    page.get_by_role("link", name="Move").click()
    looks_well(page)
    page.goto(f"{booking.url}bookings/new")
    looks_well(page)


def looks_well(page: Page) -> None:
    """Check what axe knows of accessibility, and that nothing is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    found = Axe().run(page, {"include": [["main"]]})
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
