"""The Hub's own admin panel shows level and package of its users, and leads to their editors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from aglais_hub.client import HubClient
from aglais_hub.client.mock import MockPlatform
from aglais_hub.models.accounts import AccountEdit, AccountRequest, Level
from aglais_hub.models.booking import AdmissionRequest
from tests.support.accounts import AccountsWorld
from tests.support.browser import open_browser
from tests.support.doors import Doors, doors_of

TOKEN = "program-token-00000000"
NAMES = [f"user-{number}" for number in range(7)]
OLGA, ALICE = "olga@example.org", "alice@example.org"
PANEL = ["admin-ui", "list:users", "admin:users", "admin:servers", "list:groups"]
SETTINGS: dict[str, Any] = {
    "services": [{"name": "program", "api_token": TOKEN}],
    "load_groups": {"operators": {"users": ["olga"]}},
    "load_roles": [
        {"name": "panel", "groups": ["operators"], "services": ["program"], "scopes": PANEL},
        {"name": "a-part", "groups": ["level-1"], "scopes": ["admin-ui", "list:users!user"]},
    ],
    "api_page_default_limit": 5,
}
"""Administrators, and members who may open the panel but see only themselves in it."""


@pytest.fixture
def mock() -> MockPlatform:
    return MockPlatform(cores=64, memory_bytes=2**40)


@pytest.fixture
async def panel(tmp_path: Path, world: AccountsWorld, mock: MockPlatform) -> AsyncIterator[Doors]:
    """A Hub with an administrator and members, each fourth of level n; two have a session."""
    settings = SETTINGS | {"load_groups": SETTINGS["load_groups"] | {"level-1": {}}}
    async with doors_of(tmp_path, world.client, hub_settings=settings) as hub:
        hub.app.authenticator.booking = mock.clients.booking
        client = HubClient(f"{hub.url}api/", TOKEN)
        for number, name in enumerate(NAMES):
            await world.client.create_account(AccountRequest(name=name))
            await client.ensure_user(name)
            if number % 4 == 3:
                await to_level_n(world, name)
        await client.ensure_user("stray")
        for name, package in (("user-3", "large"), ("user-0", None)):
            level = (await world.client.account(name)).level
            request = AdmissionRequest(account=name, level=level, package=package)
            await mock.clients.booking.admit(request)
        await client.close()
        yield Doors(hub, world)


async def to_level_n(world: AccountsWorld, name: str) -> None:
    edit = AccountEdit(level=Level.CUSTOM, display_name=None, expires_at=None, why="a course")
    await world.client.edit_account(name, edit)


async def logged_in(doors: Doors, address: str, name: str) -> dict[str, str]:
    """Log a new member in; return the cookies."""
    await doors.world.member(address, name=name)
    async with doors.visitor() as visitor:
        await visitor.open("login")
        await visitor.send(
            "login/password", address=address, password="correct horse battery staple"
        )
        assert await visitor.who() == name
        return dict(visitor.http.cookies)


async def asked(
    doors: Doors, cookies: dict[str, str], *names: str
) -> tuple[int, dict[str, dict[str, Any]]]:
    query = [("name", name) for name in names]
    async with httpx.AsyncClient(base_url=doors.hub.url, cookies=cookies) as http:
        answer = await http.get("accounts-summary", params=query)
    if answer.status_code != 200:
        return answer.status_code, {}
    return 200, {one["name"]: one for one in answer.json()["accounts"]}


async def test_an_administrator_is_told_level_and_package(panel: Doors, mock: MockPlatform) -> None:
    olga = await logged_in(panel, OLGA, "olga")
    status, found = await asked(panel, olga, "user-0", "user-3", "user-4", "stray", "nobody")
    assert (status, set(found)) == (200, {"user-0", "user-3", "user-4"})
    assert found["user-3"] == {
        "name": "user-3",
        "level": "n",
        "packages": {"": "large"},
        "edit_url": "/services/accounts/accounts/user-3/edit",
        "limits_url": "/services/accounts/accounts/user-3/limits",
    }
    assert (found["user-0"]["level"], found["user-0"]["packages"]) == ("1 (basic)", {"": "small"})
    assert found["user-4"]["packages"] == {}
    assert await asked(panel, olga) == (200, {})
    assert (await asked(panel, olga, *["user-0"] * 201))[0] == 400
    mock.cut("booking")
    status, found = await asked(panel, olga, "user-3")
    assert (status, found["user-3"]["packages"]) == (200, {}), "levels are shown without booking"


async def test_nobody_else_is_told(panel: Doors) -> None:
    alice = await logged_in(panel, ALICE, "alice")
    assert "level-1" in panel.groups("alice")
    assert (await asked(panel, alice, "user-0"))[0] == 403
    assert (await asked(panel, {}, "user-0"))[0] in {302, 403}


def browse(url: str, cookies: dict[str, str], act: Callable[[Page], None], **context: Any) -> None:
    """Look at the panel with a browser, in a thread of its own."""
    with open_browser() as browser:
        opened: BrowserContext = browser.new_context(**context)
        opened.add_cookies(
            [{"name": name, "value": value, "url": url} for name, value in cookies.items()]
        )
        page = opened.new_page()
        page.set_default_timeout(15_000)
        page.goto(f"{url}admin")
        act(page)


def line(page: Page, name: str) -> Any:
    return page.get_by_test_id(f"user-row-{name}").locator(".aglais-account")


@pytest.mark.browser
async def test_the_panel_shows_it_through_paging_and_search(panel: Doors) -> None:
    olga = await logged_in(panel, OLGA, "olga")

    def act(page: Page) -> None:
        expect(line(page, "user-0")).to_have_text("Level 1 (basic) · package small · Edit account")
        expect(line(page, "user-3")).to_have_text("Level n · package large · Edit account")
        assert page.get_by_test_id("user-row-user-6").count() == 0, "it is on the next page"
        page.get_by_test_id("paginate-next").click()
        expect(line(page, "user-6")).to_have_text("Level 1 (basic) · Edit account")
        expect(line(page, "stray")).to_have_text("no account")
        page.get_by_label("user-search").fill("user-0")
        expect(line(page, "user-0")).to_be_visible()
        expect(page.get_by_test_id("user-row-user-6")).to_have_count(0)
        edit = page.get_by_role("link", name="Edit account user-0")
        expect(edit).to_have_attribute("href", "/services/accounts/accounts/user-0/edit")
        limits = page.get_by_role("link", name="limits of user-0")
        expect(limits).to_have_attribute("href", "/services/accounts/accounts/user-0/limits")
        assert page.locator(".aglais-account").count() == page.locator("tr.user-row").count()

    await asyncio.to_thread(browse, panel.hub.url, olga, act)


@pytest.mark.browser
async def test_the_panel_goes_on_where_accounts_do_not_answer(panel: Doors) -> None:
    olga = await logged_in(panel, OLGA, "olga")
    panel.hub.app.authenticator._accounts = MockPlatform().clients_of("nobody").accounts

    def act(page: Page) -> None:
        expect(page.get_by_role("status")).to_have_text(
            "Level and package of accounts cannot be shown just now."
        )
        expect(page.get_by_test_id("user-row-user-0")).to_be_visible()

    await asyncio.to_thread(browse, panel.hub.url, olga, act)


CONTRAST = """
(element) => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = element;
  const see_through = (node) => parse(getComputedStyle(node).backgroundColor)[3] === 0;
  while (behind.parentElement && see_through(behind)) behind = behind.parentElement;
  const [a, b] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor]
    .map((color) => light(parse(color))).sort();
  return (b + 0.05) / (a + 0.05);
}
"""
"""WCAG 2's contrast of a text against what is behind it."""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_is_added_can_be_read(panel: Doors, scheme: str) -> None:
    olga = await logged_in(panel, OLGA, "olga")

    def act(page: Page) -> None:
        expect(line(page, "user-0")).to_be_visible()
        assert page.locator("html").get_attribute("data-bs-theme") == scheme
        for text in (line(page, "user-0"), line(page, "user-0").get_by_role("link").first):
            assert text.evaluate(CONTRAST) >= 4.5

    await asyncio.to_thread(browse, panel.hub.url, olga, act, color_scheme=scheme)
