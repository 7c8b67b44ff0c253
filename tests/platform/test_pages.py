"""Every page, in the browser of an administrator: it fits a phone, has a name, and leads on."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import open_browser
from tests.support.platform import RunningPlatform

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 700}
SESSION_MS = 60_000
WITHOUT_PLACE = {"hub/nothing", "hub/logout"}
"""Pages that are nowhere in the menu."""


@pytest.fixture(scope="module")
def page(platform: RunningPlatform) -> Iterator[Page]:
    """A phone on which a guest has come in, who is made an administrator then."""
    token = platform.command("token", "operator", "--admin")
    with open_browser() as browser:
        page = browser.new_context(viewport=PHONE).new_page()
        page.goto(platform.url)
        page.get_by_role("button", name="Give it a try").click()
        page.wait_for_url(re.compile(r"/user/guest-[0-9a-f]+/"), timeout=SESSION_MS)
        name = page.url.removeprefix(f"{platform.url}user/").partition("/")[0]
        with platform.hub_api(token) as hub:
            hub.post("groups/aglais-admins/users", json={"users": [name]}).raise_for_status()
        yield page
        page.goto(f"{platform.url}hub/logout")
        page.get_by_role("button", name="OK", exact=True).click()
        expect(page.get_by_role("button", name="Give it a try")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        "hub/home", "hub/token", "hub/logout", "hub/nothing",
        "services/accounts/accounts", "services/accounts/accounts/operator",
        "services/accounts/accounts/operator/keys", "services/accounts/grants",
        "services/accounts/grants/new", "services/accounts/node-tokens",
        "services/accounts/node-tokens/new",
        "services/accounts/accounts/operator/leave", "services/accounts/departures",
        "services/accounts/levels", "services/accounts/levels/n",
        "services/accounts/levels/n/edit",
        "services/booking/calendar", "services/booking/calendar?period=this-month",
        "services/booking/calendar?period=today&by=hour",
        "services/booking/bookings", "services/booking/bookings/new",
        "services/booking/packages", "services/booking/packages/new",
        "services/booking/packages/tiny", "services/booking/packages/tiny/edit",
        "services/booking/packages/tiny/delete", "services/booking/packages/nothing",
        "services/booking/pools", "services/booking/pools/embedded",
        "services/booking/pools/embedded/edit", "services/booking/admissions",
        "services/booking/nothing", "services/storage/spaces",
    ],
)  # fmt: skip
def test_a_page_fits_a_phone_has_a_name_and_leads_on(
    page: Page, platform: RunningPlatform, path: str
) -> None:
    page.goto(platform.url + path)
    looks_well(page)
    if path not in WITHOUT_PLACE:
        assert page.locator("#thenavbar .nav-link.active").count() == 1


@pytest.mark.parametrize("listed", ["booking/admissions", "storage/spaces", "accounts/accounts"])
def test_a_list_leads_to_a_thing_that_fits_a_phone(
    page: Page, platform: RunningPlatform, listed: str
) -> None:
    page.goto(f"{platform.url}services/{listed}")
    page.locator("tbody a").first.click()
    page.wait_for_url(re.compile(f"{listed}/.+"))
    looks_well(page)


def test_people_read_level_n(page: Page, platform: RunningPlatform) -> None:
    page.goto(f"{platform.url}services/accounts/levels")
    page.get_by_role("link", name="n", exact=True).click()
    expect(page.get_by_role("heading", name="Level n")).to_be_visible()


def looks_well(page: Page) -> None:
    """Check what holds for every page."""
    assert page.title().endswith("· aglais")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    named = page.locator("main dt, main th, main label").all_text_contents()
    assert not [text for text in named if "_" in text or not text.strip()]
    assert page.locator("a[href$='/hub/home'], a[href*='/services/']").count()
