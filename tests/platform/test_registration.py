"""People who come to stay: sign-up, a forgotten password, and guests who register."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import open_browser
from tests.support.guest import until
from tests.support.platform import RunningPlatform

pytestmark = pytest.mark.browser

SESSION_MS = 120_000
PASSWORD, OTHER = "correct horse battery staple", "another horse, another battery"
CHECK_MAIL = "Please check your email for a confirmation code."


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, platform: RunningPlatform) -> Iterator[Page]:
    """A new browser of somebody who is not logged in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(platform.url)
    yield page
    context.close()


@pytest.fixture
def address() -> str:
    return f"{secrets.token_hex(4)}@example.org"


def link_to(platform: RunningPlatform, address: str, place: str) -> str:
    """Wait for a mail to an address; return its link to a place of the Hub."""
    found: list[str] = []

    def has_come() -> bool:
        for path in sorted((platform.home / "mail").glob("*.eml")):
            mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(path.read_bytes())
            if mail["To"] == address:
                found.extend(re.findall(rf"\S+/hub/{place}/[\w-]+", str(mail.get_content())))
        return bool(found)

    until(has_come, 30, f"a mail to {address}")
    return found[-1]


def sign_up(page: Page, address: str, name: str | None = None) -> None:
    """Fill in the form that the page shows."""
    if name is not None:
        page.get_by_label("User name").fill(name)
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_role("heading", name=CHECK_MAIL)).to_be_visible()


def log_in(page: Page, address: str, password: str) -> None:
    """Fill in the form of the login page."""
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()


def stop_session(platform: RunningPlatform, name: str) -> None:
    """Stop somebody's session, and wait until it has."""
    token = platform.command("token", "operator", "--admin")
    with platform.hub_api(token) as hub:
        hub.delete(f"users/{name}/server")
        until(lambda: not hub.get(f"users/{name}").json()["servers"], 60, f"{name} has ended")


def test_who_signs_up_is_in_the_session_with_a_click_in_the_mail(
    page: Page, platform: RunningPlatform, address: str
) -> None:
    name = f"m{address.partition('@')[0]}"
    page.get_by_role("link", name="Sign up").click()
    sign_up(page, address, name)
    page.goto(link_to(platform, address, "confirm"))
    page.wait_for_url(re.compile(rf"/user/{name}/"), timeout=SESSION_MS)
    page.get_by_role("link", name="Log out").click()
    expect(page.get_by_role("button", name="Give it a try")).to_be_visible()
    stop_session(platform, name)
    log_in(page, address, PASSWORD)
    page.wait_for_url(re.compile(rf"/user/{name}/|/spawn-pending/{name}"), timeout=SESSION_MS)
    page.wait_for_url(re.compile(rf"/user/{name}/"), timeout=SESSION_MS)
    stop_session(platform, name)


def test_elsewhere_the_link_leads_to_the_login_page_and_a_lost_password_is_set_anew(
    browser: Browser, page: Page, platform: RunningPlatform, address: str
) -> None:
    name = f"m{address.partition('@')[0]}"
    page.goto(f"{platform.url}hub/signup?next=/hub/home")
    sign_up(page, address, name)
    elsewhere = browser.new_context().new_page()
    elsewhere.goto(link_to(platform, address, "confirm"))
    expect(elsewhere.get_by_text("Your address is confirmed. Please log in.")).to_be_visible()
    log_in(elsewhere, address, PASSWORD)
    elsewhere.wait_for_url(f"{platform.url}hub/home")
    expect(elsewhere.get_by_text(name)).to_be_visible()
    page.goto(f"{platform.url}hub/login")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail").fill(address)
    page.get_by_role("button", name="Send the mail").click()
    expect(page.get_by_text("a mail is on its way")).to_be_visible()
    page.goto(link_to(platform, address, "reset"))
    page.get_by_role("button", name="Show password").click()
    page.get_by_label("New password").fill(OTHER)
    page.get_by_role("button", name="Set it and log in").click()
    page.wait_for_url(re.compile(rf"/user/{name}/|/spawn-pending/{name}"), timeout=SESSION_MS)
    elsewhere.reload()
    expect(elsewhere.get_by_role("button", name="Give it a try")).to_be_visible()
    log_in(elsewhere, address, PASSWORD)
    expect(elsewhere.get_by_role("alert")).to_contain_text("wrong")
    expect(elsewhere.get_by_role("alert")).to_be_focused()
    page.wait_for_url(re.compile(rf"/user/{name}/"), timeout=SESSION_MS)
    stop_session(platform, name)
    elsewhere.context.close()


def test_a_guest_who_registers_keeps_session_and_notebooks(
    page: Page, platform: RunningPlatform, address: str
) -> None:
    page.get_by_role("button", name="Give it a try").click()
    page.wait_for_url(re.compile(r"/user/guest-[0-9a-f]+/"), timeout=SESSION_MS)
    found = re.search(r"/user/(guest-[0-9a-f]+)/", page.url)
    assert found
    name, session = found[1], f"{platform.url}user/{found[1]}/"
    made = page.request.post(
        f"{session}api/notebook", data={"name": "/user/kept", "paragraphs": []}
    )
    note = made.json()["body"]
    began = server_of(platform, name)["started"]
    page.goto(f"{platform.url}services/booking/packages")
    register = page.get_by_role("navigation").get_by_role("link", name="Register")
    expect(register).to_have_attribute("href", "/hub/register")
    page.goto(f"{platform.url}hub/home")
    page.get_by_role("main").get_by_role("link", name="Register").click()
    page.get_by_role("link", name="Register with e-mail and password").click()
    sign_up(page, address)
    page.goto(link_to(platform, address, "confirm"))
    page.wait_for_url(re.compile(rf"/user/{name}/"), timeout=SESSION_MS)

    def is_known_as_member() -> bool:
        page.goto(f"{platform.url}services/booking/packages")
        return register.count() == 0

    until(is_known_as_member, 30, "services ask the Hub again after five seconds")
    assert server_of(platform, name)["started"] == began, "it is still the same session"
    assert page.request.get(f"{session}api/notebook/{note}").json()["body"]["name"] == "kept"
    token = platform.command("token", "operator", "--admin")
    with platform.api("accounts", token) as accounts:
        assert accounts.get(f"accounts/{name}").json()["level"] == 1
        page.goto(f"{platform.url}hub/logout")
        expect(page.get_by_role("button", name="Give it a try")).to_be_visible()
        stop_session(platform, name)
        account = accounts.get(f"accounts/{name}").json()
    assert account["state"] == "active"
    page.goto(f"{platform.url}hub/login")
    log_in(page, address, PASSWORD)
    page.wait_for_url(re.compile(rf"/user/{name}/"), timeout=SESSION_MS)
    assert page.request.get(f"{session}api/notebook/{note}").json()["body"]["name"] == "kept"
    stop_session(platform, name)


def server_of(platform: RunningPlatform, name: str) -> dict[str, object]:
    """Return somebody's server, as the Hub knows it."""
    token = platform.command("token", "operator", "--admin")
    with platform.hub_api(token) as hub:
        server: dict[str, object] = hub.get(f"users/{name}").json()["servers"][""]
    return server


def test_passwords_are_hidden_until_they_are_shown_and_need_no_script(
    browser: Browser, page: Page, platform: RunningPlatform
) -> None:
    field = page.get_by_label("Password", exact=True)
    expect(field).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide password").click()
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_attribute("autocomplete", "current-password")
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(f"{platform.url}hub/login")
    expect(plain.get_by_role("button", name="Show password")).to_be_hidden()
    log_in(plain, "nobody@example.org", PASSWORD)
    expect(plain.get_by_role("alert")).to_contain_text("wrong")
    plain.context.close()


def test_an_administrator_first_comes_in_by_a_link_of_the_command_line(
    platform: RunningPlatform,
) -> None:
    link = platform.command("login", "boss")
    with httpx.Client() as browser:
        assert browser.get(link).headers["Location"] == "/hub/spawn"
        assert ">boss<" in browser.get(f"{platform.url}hub/home").text
        assert browser.get(link).status_code == 404
