"""People who come by an OpenID provider, in a real browser: the first time, again, as guests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import open_browser
from tests.support.openid import OpenIdProvider, openid_provider
from tests.support.platform import RunningPlatform, free_port, platform_in_its_own_folder

pytestmark = pytest.mark.browser

SESSION_MS = 60_000
HERE_NOW = ".me-1"
"""Where the Hub's pages say who is logged in."""


@pytest.fixture(scope="session")
def provider() -> Iterator[OpenIdProvider]:
    with openid_provider() as running:
        yield running


@pytest.fixture(scope="module")
def platform(
    provider: OpenIdProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningPlatform]:
    """A platform with two providers, which are the same one with two registrations."""
    port = free_port()
    file = tmp_path_factory.mktemp("providers") / "providers.json"
    file.touch(mode=0o600)
    titles = {"sky": "Sky ID", "sea": "Sea ID"}
    back = f"http://127.0.0.1:{port}/hub/login/oauth"
    told = {
        name: provider.client(f"{back}/{name}/callback") | {"title": title}
        for name, title in titles.items()
    }
    file.write_text(json.dumps(told))
    settings = {
        "AGLAIS_PROVIDERS": str(file),
        "AGLAIS_ACCOUNTS_GUESTS_PER_MINUTE": "100",
        "AGLAIS_BOOKING_EMBEDDED_CORES": "8",
    }
    with platform_in_its_own_folder(port=port, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, platform: RunningPlatform) -> Iterator[Page]:
    """A browser that neither the platform nor the provider has seen."""
    context = browser.new_context(base_url=platform.url)
    yield context.new_page()
    context.close()


def say_who(page: Page, name: str) -> None:
    """Fill in the provider's form."""
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Go on").click()


def come_in(page: Page, name: str, *, after: str = "/hub/token") -> None:
    """Log in with the provider for the first time."""
    page.goto(f"/hub/login?next={after}")
    page.get_by_role("link", name="Continue with Sky ID").click()
    say_who(page, name)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url(re.compile(after))


def identities(platform: RunningPlatform, name: str) -> list[tuple[str, str]]:
    token = platform.command("token", "operator", "--admin")
    with platform.api("accounts", token) as accounts:
        listed = accounts.get(f"accounts/{name}/identities").raise_for_status().json()
    return sorted((one["provider"], one["subject"]) for one in listed)


def test_the_first_login_makes_an_account_and_the_second_finds_it(
    page: Page, platform: RunningPlatform
) -> None:
    page.goto("/hub/login")
    page.get_by_role("link", name="Continue with Sky ID").click()
    say_who(page, "alice")
    expect(page.get_by_label("User name")).to_have_value("alice")
    # The provider has seen the address.
    expect(page.get_by_label("E-mail")).to_have_count(0)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url(re.compile(r"/user/alice/"), timeout=SESSION_MS)
    assert identities(platform, "alice") == [
        ("email", "alice@example.org"),
        ("sky", "person-alice"),
    ]

    page.goto("/hub/logout")
    page.goto("/hub/login?next=/hub/token")
    # The provider remembers who it is, and asks nothing.
    page.get_by_role("link", name="Continue with Sky ID").click()
    page.wait_for_url(re.compile(r"/hub/token"))
    expect(page.locator(HERE_NOW)).to_have_text("alice")


def test_an_address_that_the_provider_has_not_seen_is_asked_for_and_not_believed(
    page: Page, platform: RunningPlatform
) -> None:
    page.goto("/hub/login?next=/hub/token")
    page.get_by_role("link", name="Continue with Sky ID").click()
    say_who(page, "unseen")
    page.get_by_label("E-mail").fill("unseen@example.org")
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url(re.compile(r"/hub/token"))
    assert identities(platform, "unseen") == [("sky", "person-unseen")]


def test_a_member_links_and_unlinks_another_provider(page: Page, platform: RunningPlatform) -> None:
    come_in(page, "carol")
    page.goto("/services/accounts/accounts/carol/identities")
    page.get_by_role("link", name="Link Sea ID").click()
    page.get_by_role("button", name="Go to Sea ID").click()
    page.wait_for_url(re.compile(r"/services/accounts/accounts/carol/identities"))
    assert ("sea", "person-carol") in identities(platform, "carol")

    page.goto("/hub/logout")
    page.goto("/hub/login?next=/hub/token")
    page.get_by_role("link", name="Continue with Sea ID").click()
    page.wait_for_url(re.compile(r"/hub/token"))
    expect(page.locator(HERE_NOW)).to_have_text("carol")

    page.goto("/services/accounts/accounts/carol/identities")
    sea = page.get_by_label("Log-ins", exact=True).get_by_role("listitem").filter(has_text="Sea ID")
    sea.get_by_role("link", name="Unlink").click()
    page.get_by_role("button", name="Unlink").click()
    expect(sea).to_have_count(0)
    assert ("sea", "person-carol") not in identities(platform, "carol")
    page.goto("/hub/logout")
    page.goto("/hub/login")
    page.get_by_role("link", name="Continue with Sea ID").click()
    page.wait_for_url(re.compile(r"/hub/register/finish"))


def test_a_guest_registers_with_a_provider_and_keeps_name_session_and_notes(
    page: Page, platform: RunningPlatform
) -> None:
    page.goto("/hub/login")
    page.get_by_role("button", name="Give it a try").click()
    page.wait_for_url(re.compile(r"/user/guest-[0-9a-f]+/"), timeout=SESSION_MS)
    found = re.search(r"/user/(guest-[0-9a-f]+)/", page.url)
    assert found
    guest = found.group(1)
    made = page.request.post(
        f"/user/{guest}/api/notebook", data={"name": "/user/mine to keep", "paragraphs": []}
    )
    assert made.ok, made.text()
    page.goto("/hub/home")
    page.get_by_role("link", name="Register").first.click()
    page.get_by_role("link", name="Continue with Sky ID").click()
    say_who(page, "dora")
    page.wait_for_url(re.compile(rf"/user/{guest}/"), timeout=SESSION_MS)
    notes = page.request.get(f"/user/{guest}/api/notebook").json()["body"]
    assert any("mine to keep" in json.dumps(note) for note in notes)
    token = platform.command("token", "operator", "--admin")
    with platform.api("accounts", token) as accounts:
        assert accounts.get(f"accounts/{guest}").json()["level"] == 1
    assert ("sky", "person-dora") in identities(platform, guest)


def test_a_guest_who_has_an_account_chooses(page: Page, platform: RunningPlatform) -> None:
    come_in(page, "erin")
    page.goto("/hub/logout")
    page.goto("/hub/login")
    page.get_by_role("button", name="Give it a try").click()
    page.wait_for_url(re.compile(r"/user/guest-[0-9a-f]+/"), timeout=SESSION_MS)
    page.goto("/hub/register?next=/hub/token")
    page.get_by_role("link", name="Continue with Sky ID").click()
    page.get_by_role("button", name="Log in as erin, the guest session ends").click()
    page.wait_for_url(re.compile(r"/hub/token"))
    expect(page.locator(HERE_NOW)).to_have_text("erin")


def test_who_cancels_at_the_provider_is_told_that_nothing_was_done(
    page: Page, platform: RunningPlatform
) -> None:
    page.goto("/hub/login")
    page.get_by_role("link", name="Continue with Sky ID").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("so nothing was done")).to_be_visible()


def test_neither_logs_nor_processes_show_a_secret(
    provider: OpenIdProvider, platform: RunningPlatform
) -> None:
    file = Path(platform.settings["AGLAIS_PROVIDERS"])
    secrets = [told["client_secret"] for told in json.loads(file.read_text()).values()]
    text = platform.log + platform.console + "\n".join(platform.processes().values())
    assert not [secret for secret in secrets if secret in text]
    assert not re.search(r"code=(?!\[secret\])[\w-]{16}", platform.log)
