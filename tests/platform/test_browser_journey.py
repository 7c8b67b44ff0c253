"""A person who has never seen the platform: click, wait, open a notebook, run it, leave."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import open_browser
from tests.support.platform import RunningPlatform

pytestmark = pytest.mark.browser

SESSION_MS, SPARK_MS = 60_000, 90_000


@pytest.fixture
def page(platform: RunningPlatform) -> Iterator[Page]:
    """A new browser of somebody who is not logged in."""
    with open_browser() as browser:
        page = browser.new_context().new_page()
        page.goto(platform.url)
        yield page


def test_a_newcomer_counts_rows_with_spark_and_leaves(page: Page) -> None:
    page.get_by_role("button", name="Give it a try").click()
    expect(page.locator("#progress-message")).to_be_visible()
    page.wait_for_url(re.compile(r"/user/guest-[0-9a-f]+/"), timeout=SESSION_MS)
    page.get_by_text("Count rows").first.click()
    page.get_by_role("button", name=re.compile("run all", re.IGNORECASE)).click()
    expect(page.get_by_text(re.compile(r"200,?000")).first).to_be_visible(timeout=SPARK_MS)
    page.get_by_role("link", name="Log out").click()
    expect(page.get_by_text("Your notebooks and data will be deleted")).to_be_visible()
    page.get_by_role("button", name="OK", exact=True).click()
    expect(page.get_by_role("button", name="Give it a try")).to_be_visible()


def test_cancel_at_the_warning_leads_back_to_the_session(page: Page) -> None:
    page.get_by_role("button", name="Give it a try").click()
    page.wait_for_url(re.compile(r"/user/guest-[0-9a-f]+/"), timeout=SESSION_MS)
    page.get_by_role("link", name="Log out").click()
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(re.compile(r"/user/guest-[0-9a-f]+/"), timeout=SESSION_MS)


def test_a_double_click_makes_one_guest(page: Page, platform: RunningPlatform) -> None:
    token = platform.command("token", "operator", "--admin")
    with platform.api("accounts", token) as accounts:
        before = names(accounts)
        page.evaluate("const f = document.querySelector('form'); f.submit(); f.submit();")
        page.wait_for_url(re.compile(r"/user/guest-[0-9a-f]+/"), timeout=SESSION_MS)
        # Others, of tests before, may just be going.
        assert len(names(accounts) - before) == 1


def names(accounts: httpx.Client) -> set[str]:
    """Return the names of all accounts."""
    listed = accounts.get("accounts", params={"limit": 200}).json()
    return {account["name"] for account in listed}
