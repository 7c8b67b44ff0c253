"""The doors of a real Hub, before the accounts service in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from aglais_hub.client.mock import MockPlatform
from tests.support.doors import doors_of
from tests.support.embedded_hub import EmbeddedHub

BUTTON = "Give it a try"
ADDRESS = "192.0.2.7"


@pytest.fixture
def mock() -> MockPlatform:
    return MockPlatform(guests_per_minute=2)


@pytest.fixture
async def hub(tmp_path: Path, mock: MockPlatform) -> AsyncIterator[EmbeddedHub]:
    async with doors_of(tmp_path, mock.clients.accounts) as hub:
        yield hub


async def form(browser: httpx.AsyncClient) -> dict[str, str]:
    """Return what the form of the guest door would send."""
    page = (await browser.get("login")).text
    found = {
        name: re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("_xsrf", "click")
    }
    return {name: match.group(1) for name, match in found.items() if match}


async def click(browser: httpx.AsyncClient, **changes: str) -> httpx.Response:
    """Push the button."""
    sent = await form(browser) | changes
    return await browser.post("login/guest", data=sent)


def asked_of(mock: MockPlatform) -> list[str]:
    """Return the addresses that guests came from, as the accounts service was told."""
    return [address for address, _ in mock.accounts.clicks]


async def test_a_click_makes_a_guest_and_leads_to_its_session(
    hub: EmbeddedHub, mock: MockPlatform
) -> None:
    async with hub.browser(ADDRESS) as browser:
        answer = await click(browser)
        home = await browser.get("home")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/spawn")
    assert home.status_code == 200
    assert len(mock.accounts.known) == 1
    assert asked_of(mock) == [ADDRESS]


async def test_a_double_click_is_one_guest(hub: EmbeddedHub, mock: MockPlatform) -> None:
    async with hub.browser(ADDRESS) as browser:
        sent, cookies = await form(browser), browser.cookies
        for _ in range(2):
            browser.cookies = cookies
            assert (await browser.post("login/guest", data=sent)).status_code == 302
    assert len(mock.accounts.known) == 1


async def test_a_closed_guest_door_is_neither_shown_nor_open(
    tmp_path: Path, mock: MockPlatform
) -> None:
    async with (
        doors_of(tmp_path, mock.clients.accounts, guest_door=False) as hub,
        hub.browser(ADDRESS) as browser,
    ):
        page = await browser.get("login")
        xsrf = browser.cookies["_xsrf"]
        answer = await browser.post("login/guest", data={"_xsrf": xsrf, "click": "one"})
    assert page.status_code == 200
    assert BUTTON not in page.text
    assert answer.status_code == 403
    assert "Guests are not let in here" in answer.text
    assert mock.requests == []


@pytest.mark.parametrize("sent", [{"click": ""}, {"click": "c" * 65}, {"click": "  "}])
async def test_a_click_without_its_name_is_refused(
    hub: EmbeddedHub, mock: MockPlatform, sent: dict[str, str]
) -> None:
    async with hub.browser(ADDRESS) as browser:
        answer = await click(browser, **sent)
    assert answer.status_code == 400
    assert "go back to the login page" in answer.text
    assert mock.requests == []


async def test_a_form_without_its_xsrf_token_is_refused(
    hub: EmbeddedHub, mock: MockPlatform
) -> None:
    async with hub.browser(ADDRESS) as browser:
        answer = await click(browser, _xsrf="other")
    assert answer.status_code == 403
    assert mock.requests == []


@pytest.mark.parametrize(
    "sent", [{"door": "guest"}, {"door": "guest", "click": "c" * 200}, {"username": "alice"}, {}]
)
async def test_there_is_no_way_in_beside_the_doors(
    hub: EmbeddedHub, mock: MockPlatform, sent: dict[str, str]
) -> None:
    async with hub.browser(ADDRESS) as browser:
        xsrf = (await form(browser))["_xsrf"]
        login = await browser.post("login", data=sent | {"_xsrf": xsrf})
    async with hub.browser(ADDRESS) as browser:
        token = await browser.post("api/users/alice/tokens", json={"auth": sent})
    assert (login.status_code, token.status_code) == (403, 403)
    assert "through one of the doors" in login.text
    assert mock.requests == []


@pytest.mark.parametrize("how", ["cut", "fail"])
async def test_an_absent_accounts_service_is_said_so_in_plain_words(
    hub: EmbeddedHub, mock: MockPlatform, how: str
) -> None:
    mock.cut("accounts") if how == "cut" else mock.fail("accounts", retry_after=7)
    async with hub.browser(ADDRESS) as browser:
        answer = await click(browser)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) == (5 if how == "cut" else 7)
    assert "Not just now" in answer.text
    assert "Traceback" not in answer.text


async def test_what_is_wrong_inside_is_not_for_guests(hub: EmbeddedHub, mock: MockPlatform) -> None:
    hub.app.authenticator._accounts = mock.clients_of("without-scopes").accounts
    async with hub.browser(ADDRESS) as browser:
        answer = await click(browser)
    assert answer.status_code == 503
    assert "the administrators can see why" in answer.text
    assert "custom:" not in answer.text


async def test_too_many_guests_are_told_when_to_try_again(hub: EmbeddedHub) -> None:
    answers = []
    for _ in range(3):
        async with hub.browser(ADDRESS) as browser:
            answers.append(await click(browser))
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert answers[2].headers["Retry-After"] == "60"
    assert 'role="timer">60<' in answers[2].text


@pytest.mark.parametrize(
    ("trusted", "sent", "address"),
    [
        ((), {}, "127.0.0.1"),
        ((), {"X-Forwarded-For": ADDRESS}, ADDRESS),
        ((), {"X-Forwarded-For": f"198.51.100.1, {ADDRESS}"}, ADDRESS),
        ((), {"X-Forwarded-For": f"nonsense, {ADDRESS}"}, ADDRESS),
        ((), {"X-Forwarded-For": "nonsense"}, "127.0.0.1"),
        ((), {"X-Forwarded-For": "2001:db8::7"}, "2001:db8::7"),
        ((ADDRESS,), {"X-Forwarded-For": f"198.51.100.1, {ADDRESS}"}, "198.51.100.1"),
        ((ADDRESS,), {"X-Forwarded-For": f"203.0.113.5, 198.51.100.1, {ADDRESS}"}, "198.51.100.1"),
        ((), {"X-Forwarded-For": ADDRESS, "X-Real-Ip": "198.51.100.1"}, ADDRESS),
    ],
)
async def test_an_address_is_believed_as_far_as_proxies_are_trusted(
    tmp_path: Path,
    mock: MockPlatform,
    trusted: tuple[str, ...],
    sent: dict[str, str],
    address: str,
) -> None:
    async with (
        doors_of(tmp_path, mock.clients.accounts, trusted=trusted) as hub,
        hub.browser() as browser,
    ):
        browser.headers.update(sent)
        assert (await click(browser)).status_code == 302
    assert asked_of(mock) == [address]


async def logged_in(browser: httpx.AsyncClient) -> str:
    """Come in as a guest; return the XSRF token of the page from which to leave."""
    await click(browser)
    page = (await browser.get("logout")).text
    found = re.search(r'name="_xsrf" value="([^"]+)"', page)
    assert found, page
    return found.group(1)


async def test_a_guest_leaves_after_a_question(hub: EmbeddedHub, mock: MockPlatform) -> None:
    async with hub.browser(ADDRESS) as browser:
        xsrf = await logged_in(browser)
        assert mock.accounts.leaving == {}
        answer = await browser.post("logout", data={"_xsrf": xsrf})
    assert answer.status_code == 302
    assert set(mock.accounts.leaving) == set(mock.accounts.known)


async def test_leaving_while_the_accounts_service_is_away_can_be_tried_again(
    hub: EmbeddedHub, mock: MockPlatform
) -> None:
    async with hub.browser(ADDRESS) as browser:
        xsrf = await logged_in(browser)
        mock.cut("accounts")
        answers = [await browser.get("logout"), await browser.post("logout", data={"_xsrf": xsrf})]
        mock.mend()
        again = await browser.post("logout", data={"_xsrf": xsrf})
    assert [answer.status_code for answer in answers] == [503, 503]
    assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
    assert all("Not just now" in answer.text for answer in answers)
    assert not any("Traceback" in answer.text for answer in answers)
    assert again.status_code == 302
    assert len(mock.accounts.leaving) == 1
