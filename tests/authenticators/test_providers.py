"""Logging in with OAuth providers, honest and other, at a real Hub."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from aglais_authenticators import AglaisAuthenticator
from aglais_authenticators.providers import provider as provider_module
from aglais_hub import hub as platform_hub
from aglais_hub.client.mock import MockPlatform
from aglais_hub.models.accounts import Level
from tests.authenticators.test_doors import click
from tests.support.embedded_hub import EmbeddedHub, embedded_hub
from tests.support.oauth_provider import DESCRIPTION, Answer, OAuthProvider, oauth_provider
from tests.support.visitors import KnowsVisitors

pytestmark = pytest.mark.slow

TEMPLATES = Path(platform_hub.__file__).parent / "hub_templates"
ADDRESS = "192.0.2.7"
ALICE = "248289761001"


@pytest.fixture
async def provider() -> AsyncIterator[OAuthProvider]:
    async with oauth_provider() as provider:
        yield provider


@pytest.fixture
def accounts() -> KnowsVisitors:
    return KnowsVisitors(MockPlatform())


@asynccontextmanager
async def opened(
    folder: Path, accounts: KnowsVisitors, providers: dict[str, Any], **hub: Any
) -> AsyncIterator[EmbeddedHub]:
    settings = {
        "authenticator_class": AglaisAuthenticator,
        "template_paths": [str(TEMPLATES)],
        "template_vars": {"new_click": platform_hub._new_click},
        **hub,
    }
    doors = {"providers": providers}
    async with embedded_hub(folder, JupyterHub=settings, AglaisAuthenticator=doors) as running:
        running.app.authenticator._accounts = accounts
        yield running


@pytest.fixture
async def hub(
    tmp_path: Path, accounts: KnowsVisitors, provider: OAuthProvider
) -> AsyncIterator[EmbeddedHub]:
    two = {"sky": provider.settings(), "sea": provider.settings(title="Sea ID")}
    async with opened(tmp_path, accounts, two) as hub:
        yield hub


@pytest.fixture
async def browser(hub: EmbeddedHub) -> AsyncIterator[httpx.AsyncClient]:
    async with hub.browser(ADDRESS) as browser:
        yield browser


async def there(browser: httpx.AsyncClient, name: str = "sky", **query: str) -> str:
    """Go to the provider; returns where it sends the browser back to."""
    sent = await browser.get(f"login/oauth/{name}", params=query)
    assert sent.status_code == 302, sent.text
    async with httpx.AsyncClient() as elsewhere:
        return (await elsewhere.get(sent.headers["Location"])).headers["Location"]


async def log_in(browser: httpx.AsyncClient, name: str = "sky", **query: str) -> httpx.Response:
    return await browser.get(await there(browser, name, **query))


async def name_of(browser: httpx.AsyncClient) -> str | None:
    """Return who is logged in, as the Hub's page says it."""
    page = await browser.get("home")
    found = re.search(r'<span class="me-1">([^<]+)</span>', page.text)
    return found.group(1) if found else None


def said(answer: httpx.Response) -> str:
    """Return the sentence of a page; none of them shows what went wrong inside."""
    assert "Traceback" not in answer.text
    found = re.search(r'<p class="lead">(.*?)</p>', answer.text)
    assert found, answer.text
    return found.group(1)


# What goes well


async def test_who_is_known_is_logged_in_and_led_on(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    accounts.member("alice", "sky", ALICE)
    answer = await log_in(browser, next="/services/accounts/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/services/accounts/")
    assert await name_of(browser) == "alice"
    visit = accounts.visits[0]
    assert (visit.provider, visit.subject, visit.label) == ("sky", ALICE, "alice")
    assert (visit.address, visit.is_address_verified) == ("alice@example.org", True)
    assert (visit.came_from, visit.guest, visit.display_name) == (ADDRESS, None, "Alice Example")


async def test_who_is_not_known_is_asked_a_few_things_first(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    answer = await log_in(browser)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/register/finish")
    assert await name_of(browser) is None
    assert accounts.mock.accounts.known == {}


async def test_the_login_page_shows_all_providers(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("login")).text
    assert "/hub/login/oauth/sky" in page
    assert "Sea ID" in page


async def test_a_guest_whom_nobody_knows_stays_as_a_member(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    await click(browser)
    guest = await name_of(browser)
    answer = await log_in(browser)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/spawn")
    assert accounts.visits[0].guest == guest
    assert await name_of(browser) == guest
    assert [one.level for one in accounts.mock.accounts.known.values()] == [Level.BASIC]


async def choice_of_a_guest(browser: httpx.AsyncClient, accounts: KnowsVisitors) -> dict[str, str]:
    """Come as a guest, and be known as Alice; returns the form of the question, and the guest."""
    accounts.member("alice", "sky", ALICE)
    await click(browser)
    guest = str(await name_of(browser))
    answer = await log_in(browser, next="/services/accounts/")
    assert answer.headers["Location"] == "/hub/login/oauth/sky/choice"
    page = await browser.get("login/oauth/sky/choice")
    assert "alice" in said(page)
    assert accounts.mock.accounts.leaving == {}
    xsrf = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert xsrf
    return {"_xsrf": xsrf.group(1), "guest": guest}


async def test_a_guest_who_has_an_account_may_go_on_with_it(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    asked = await choice_of_a_guest(browser, accounts)
    form = {"_xsrf": asked["_xsrf"], "go_on_as": "alice"}
    answer = await browser.post("login/oauth/sky/choice", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/services/accounts/")
    assert await name_of(browser) == "alice"
    assert set(accounts.mock.accounts.leaving) == {asked["guest"]}
    again = await browser.get("login/oauth/sky/choice")
    assert again.status_code == 409


async def test_a_guest_who_became_a_member_before_choosing_keeps_everything(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    asked = await choice_of_a_guest(browser, accounts)
    known = accounts.mock.accounts.known
    # Signed up in another tab, while the question was open.
    known[asked["guest"]] = known[asked["guest"]].model_copy(update={"level": Level.BASIC})
    form = {"_xsrf": asked["_xsrf"], "go_on_as": "alice"}
    assert (await browser.post("login/oauth/sky/choice", data=form)).status_code == 302
    assert await name_of(browser) == "alice"
    assert accounts.mock.accounts.leaving == {}


async def test_a_guest_who_has_an_account_may_stay_a_guest(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    asked = await choice_of_a_guest(browser, accounts)
    form = {"_xsrf": asked["_xsrf"], "go_on_as": asked["guest"]}
    answer = await browser.post("login/oauth/sky/choice", data=form)
    assert answer.status_code == 302
    assert await name_of(browser) == asked["guest"]
    assert accounts.mock.accounts.leaving == {}


async def test_a_choice_is_not_made_by_a_link_from_elsewhere(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    asked = await choice_of_a_guest(browser, accounts)
    answer = await browser.post("login/oauth/sky/choice", data={"go_on_as": "alice"})
    assert answer.status_code == 403
    assert await name_of(browser) == asked["guest"]


async def test_two_tabs_with_two_providers_do_not_mix(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    accounts.member("alice", "sky", ALICE)
    first, second, third = [await there(browser, name) for name in ("sky", "sea", "sky")]
    assert (await browser.get(second)).headers["Location"] == "/hub/register/finish"
    assert (await browser.get(first)).headers["Location"] == "/hub/spawn"
    # Logged in meanwhile: the third tab is led on.
    assert (await browser.get(third)).headers["Location"] == "/hub/spawn"
    assert await name_of(browser) == "alice"


async def test_logins_that_were_given_up_do_not_pile_up(browser: httpx.AsyncClient) -> None:
    for _ in range(12):
        last = await there(browser)
    begun = [cookie for cookie in browser.cookies.jar if cookie.name.startswith("aglais-login-")]
    assert len(begun) == 5
    assert (await browser.get(last)).headers["Location"] == "/hub/register/finish"


async def test_a_member_is_led_on_without_asking_the_provider(
    browser: httpx.AsyncClient, accounts: KnowsVisitors, provider: OAuthProvider
) -> None:
    accounts.member("alice", "sky", ALICE)
    await log_in(browser)
    answer = await browser.get("login/oauth/sea", params={"next": "/hub/token"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/token")
    assert len(provider.authorized) == 1


# Where the browser is sent


async def test_state_cookies_are_signed_short_lived_and_out_of_scripts_reach(
    hub: EmbeddedHub,
) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    async with httpx.AsyncClient(base_url=hub.url, headers=headers) as browser:
        sent = await browser.get("login/oauth/sky")
    cookies = [one for one in sent.headers.get_list("Set-Cookie") if "aglais-login-" in one]
    for word in ("HttpOnly", "Secure", "SameSite=Lax", "expires=", "Path=/hub/"):
        assert all(word in one for one in cookies), (word, cookies)
    asked = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"][0].startswith("https://127.0.0.1:")


async def test_the_way_back_is_at_the_public_address(
    tmp_path: Path, accounts: KnowsVisitors, provider: OAuthProvider
) -> None:
    public = {"public_url": "https://sky.example.org/"}
    one = {"sky": provider.settings()}
    async with opened(tmp_path, accounts, one, **public) as hub, hub.browser() as browser:
        sent = await browser.get("login/oauth/sky")
    asked = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert asked["redirect_uri"] == ["https://sky.example.org/hub/login/oauth/sky/callback"]


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example.org/", "//evil.example.org/", "/\\evil.example.org", "\\\\evil",
        "/%0d%0aSet-Cookie: a=b\r\n", "javascript:alert(1)", "///evil.example.org",
    ],
)  # fmt: skip
async def test_nobody_is_led_to_another_host(
    browser: httpx.AsyncClient, accounts: KnowsVisitors, wanted: str
) -> None:
    accounts.member("alice", "sky", ALICE)
    back = await there(browser, next=wanted)
    answer = await browser.get(back + "&next=https://evil.example.org/")
    assert answer.status_code == 302
    assert re.match(r"/(?!/)[\w%./]*$", answer.headers["Location"]), answer.headers["Location"]
    assert urlsplit(answer.headers["Location"]).netloc == ""


# Linking


async def link_form(browser: httpx.AsyncClient, name: str = "sea") -> dict[str, str]:
    page = await browser.get(f"login/oauth/{name}/link")
    found = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert found, page.text
    return {"_xsrf": found.group(1)}


async def link(browser: httpx.AsyncClient, name: str = "sea") -> httpx.Response:
    form = await link_form(browser, name)
    sent = await browser.post(f"login/oauth/{name}/link", data=form)
    async with httpx.AsyncClient() as elsewhere:
        back = (await elsewhere.get(sent.headers["Location"])).headers["Location"]
    return await browser.get(back)


async def test_a_member_links_another_provider(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    accounts.member("alice", "sky", ALICE)
    await log_in(browser)
    answer = await link(browser)
    assert answer.headers["Location"] == "/services/accounts/accounts/alice/identities"
    assert accounts.known["sea", ALICE] == "alice"


async def test_what_belongs_to_somebody_else_is_not_linked(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    accounts.member("alice", "sky", ALICE)
    accounts.member("bob", "sea", ALICE)
    await log_in(browser)
    answer = await link(browser)
    assert answer.status_code == 409
    assert "another account" in said(answer)
    assert accounts.known["sea", ALICE] == "bob"


async def test_a_link_that_was_begun_by_another_account_links_nothing(
    browser: httpx.AsyncClient, accounts: KnowsVisitors, provider: OAuthProvider
) -> None:
    accounts.member("alice", "sky", ALICE)
    accounts.member("bob", "sky", "2")
    await log_in(browser)
    sent = await browser.post("login/oauth/sea/link", data=await link_form(browser))
    async with httpx.AsyncClient() as elsewhere:
        back = (await elsewhere.get(sent.headers["Location"])).headers["Location"]
    await browser.get("logout")
    provider.claims["sub"] = "2"
    await log_in(browser)
    assert await name_of(browser) == "bob"
    answer = await browser.get(back)
    assert answer.status_code == 409
    assert "alice is no longer logged in" in said(answer)
    assert {name for _, name in accounts.known} == {ALICE, "2"}


async def test_linking_is_for_members_and_never_by_a_link_from_elsewhere(
    browser: httpx.AsyncClient, accounts: KnowsVisitors, provider: OAuthProvider
) -> None:
    stranger = await browser.get("login/oauth/sky/link")
    assert (stranger.status_code, "log in first" in said(stranger)) == (409, True)
    await click(browser)
    guest = await browser.get("login/oauth/sky/link")
    assert (guest.status_code, "register first" in said(guest)) == (409, True)
    forged = await browser.post("login/oauth/sky/link", data={})
    assert forged.status_code == 403
    assert provider.authorized == []


# What providers, and those who pretend to be sent by them, get


async def test_an_unknown_provider_is_said_to_be_none(browser: httpx.AsyncClient) -> None:
    for path in ("login/oauth/moon", "login/oauth/moon/callback", "login/oauth/sky/other"):
        answer = await browser.get(path)
        assert answer.status_code == 404
        assert "no such way to log in" in said(answer)


async def test_a_callback_works_once(
    browser: httpx.AsyncClient, accounts: KnowsVisitors, provider: OAuthProvider
) -> None:
    back = await there(browser)
    kept = list(browser.cookies.jar)
    await browser.get(back)
    for cookie in kept:  # a copy of the browser's cookies
        browser.cookies.jar.set_cookie(cookie)
    answer = await browser.get(back)
    assert answer.status_code == 400
    assert "start again" in said(answer)
    assert provider.asked.count("/token") == 1
    assert len(accounts.visits) == 1


@pytest.mark.parametrize(
    "query",
    [
        "", "code=c", "code=c&state=", "code=c&state=e30", "code=c&state=%00", "code=c&state=[]",
        "code=c&state=bm9uc2Vuc2U=", "code=c&state=eyJzdGF0ZV9pZCI6IDF9", "state=W10=",
        "code=c&state=eyJzdGF0ZV9pZCI6ICIuLi8ifQ==", "error=access_denied", "code=c&state=\u00e9",
    ],
)  # fmt: skip
async def test_a_callback_that_nobody_began_asks_the_provider_nothing(
    browser: httpx.AsyncClient, provider: OAuthProvider, query: str
) -> None:
    answer = await browser.get(f"login/oauth/sky/callback?{query}")
    assert answer.status_code == 400
    assert "start again" in said(answer)
    assert provider.asked == []


async def test_a_state_counts_in_its_own_browser_and_at_its_own_provider_only(
    hub: EmbeddedHub, browser: httpx.AsyncClient, provider: OAuthProvider
) -> None:
    back = await there(browser)
    async with hub.browser(ADDRESS) as other:
        assert (await other.get(back)).status_code == 400
    assert (await browser.get(back.replace("/sky/", "/sea/"))).status_code == 400
    assert "/token" not in provider.asked


async def test_a_provider_that_says_it_is_another_one_is_not_believed(
    browser: httpx.AsyncClient, provider: OAuthProvider
) -> None:
    back = await there(browser)
    answer = await browser.get(f"{back}&iss=https://evil.example.org")
    assert answer.status_code == 400
    assert "/token" not in provider.asked


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("access_denied", "was not allowed to say who you are"),
        ("server_error", "did not let you in"),
        ("<script>alert(1)</script>", "did not let you in"),
    ],
)
async def test_who_says_no_is_told_that_nothing_was_done(
    browser: httpx.AsyncClient, provider: OAuthProvider, error: str, sentence: str
) -> None:
    provider.denies = error
    answer = await log_in(browser)
    assert answer.status_code == 403
    assert sentence in said(answer)
    assert "call us" not in answer.text
    assert "alert(1)" not in answer.text


PATHS = [DESCRIPTION, "/token", "/userinfo"]
DOWN, GARBLED, STALE = "does not answer", "did not say who you are", "start again"
LIES = [
    (Answer(status=500), DOWN), (Answer(status=503, body={"error": "x"}), DOWN),
    (Answer(status=404), GARBLED), (Answer(status=302), GARBLED),
    (Answer(b"<html>hello</html>"), GARBLED), (Answer(b""), GARBLED), (Answer([]), GARBLED),
    (Answer("text"), GARBLED), (Answer(None), GARBLED), (Answer(7), GARBLED), (Answer({}), GARBLED),
    (Answer(b"\xff\xfe"), GARBLED), (Answer(b"[" * 100_000), GARBLED), (Answer(b" " * 2**21), DOWN),
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("lie", "sentence"), LIES)
async def test_nonsense_ends_in_a_sentence_and_no_account(
    hub: EmbeddedHub,
    browser: httpx.AsyncClient,
    accounts: KnowsVisitors,
    provider: OAuthProvider,
    path: str,
    lie: Answer,
    sentence: str,
) -> None:
    provider.instead[path] = lie
    answer = await browser.get("login/oauth/sky")
    if answer.status_code == 302:
        answer = await log_in(browser)
    assert answer.status_code == 503
    assert sentence in said(answer)
    assert accounts.visits == []
    assert await name_of(browser) is None
    del provider.instead[path]
    assert (await log_in(browser)).headers["Location"] == "/hub/register/finish"


@pytest.mark.parametrize(
    ("token", "status", "sentence"),
    [
        (Answer({"error": "invalid_grant"}, 400), 400, STALE),
        (Answer({"error": "invalid_client"}, 401), 503, GARBLED),
        (Answer({"error": "bad_verification_code", "error_description": "x"}), 503, GARBLED),
        (Answer({"access_token": 7, "token_type": "bearer"}), 503, GARBLED),
        (Answer({"access_token": "a\r\nb", "token_type": "bearer"}), 503, GARBLED),
        (Answer({"access_token": "a", "token_type": ["bearer"]}), 503, GARBLED),
    ],
)
async def test_a_token_that_is_none_ends_in_a_sentence(
    browser: httpx.AsyncClient,
    provider: OAuthProvider,
    token: Answer,
    status: int,
    sentence: str,
) -> None:
    provider.instead["/token"] = token
    answer = await log_in(browser)
    assert answer.status_code == status
    assert sentence in said(answer)


@pytest.mark.parametrize(
    "subject",
    [None, "", " ", True, 1.5, [], {}, "x" * 255, "a\x00b", " padded", "line\nbreak", "\u202e"],
)
async def test_who_has_no_subject_is_nobody(
    browser: httpx.AsyncClient, accounts: KnowsVisitors, provider: OAuthProvider, subject: Any
) -> None:
    provider.claims = {"sub": subject, "preferred_username": "alice", "email": "a@example.org"}
    answer = await log_in(browser)
    assert (answer.status_code, GARBLED in said(answer)) == (503, True)
    assert accounts.visits == []


@pytest.mark.parametrize(
    ("email", "verified", "address", "is_verified"),
    [
        (None, True, None, False), ("no address", True, None, False),
        (["ann@b.org"], True, None, False), ("ann@b.org\r\nBcc: c@d.org", True, None, False),
        ("ann@b.org", False, "ann@b.org", False), ("ann@b.org", None, "ann@b.org", False),
        ("ann@b.org", "false", "ann@b.org", False), ("ann@b.org", 1, "ann@b.org", False),
        ("Ann@B.org", "true", "ann@b.org", True),
    ],
)  # fmt: skip
async def test_an_address_is_worth_what_the_provider_says(
    browser: httpx.AsyncClient,
    accounts: KnowsVisitors,
    provider: OAuthProvider,
    email: Any,
    verified: Any,
    address: str | None,
    is_verified: bool,
) -> None:
    provider.claims = {"sub": "1", "email": email, "email_verified": verified}
    assert (await log_in(browser)).headers["Location"] == "/hub/register/finish"
    visit = accounts.visits[0]
    assert (visit.address, visit.is_address_verified) == (address, is_verified)


async def test_the_address_or_the_name_of_somebody_is_not_that_somebody(
    browser: httpx.AsyncClient, accounts: KnowsVisitors, provider: OAuthProvider
) -> None:
    accounts.member("alice", "sky", ALICE)
    provider.claims["sub"] = "a stranger"
    assert (await log_in(browser)).headers["Location"] == "/hub/register/finish"
    assert await name_of(browser) is None


@pytest.mark.parametrize(
    ("change", "is_believed"),
    [
        ({}, True), ({"sub": "2"}, False), ({"aud": "another client"}, False),
        ({"iss": "https://evil.example.org"}, False), ({"exp": 1}, False), ({"sub": None}, False),
    ],
)  # fmt: skip
async def test_an_id_token_has_to_be_for_us_and_about_the_same_person(
    browser: httpx.AsyncClient,
    provider: OAuthProvider,
    change: dict[str, Any],
    is_believed: bool,
) -> None:
    said_of_alice = {"sub": ALICE, "aud": "aglais", "iss": provider.url, "exp": time.time() + 60}
    provider.id_claims = said_of_alice | change
    assert (await log_in(browser)).status_code == (302 if is_believed else 503)


async def test_another_issuer_s_description_is_not_believed(
    browser: httpx.AsyncClient, provider: OAuthProvider
) -> None:
    provider.instead[DESCRIPTION] = Answer(
        {
            "issuer": "https://evil.example.org",
            "authorization_endpoint": f"{provider.url}/authorize",
            "token_endpoint": f"{provider.url}/token",
            "userinfo_endpoint": f"{provider.url}/userinfo",
        }
    )
    answer = await browser.get("login/oauth/sky")
    assert (answer.status_code, GARBLED in said(answer)) == (503, True)


@pytest.mark.parametrize("path", PATHS)
async def test_a_slow_provider_is_not_waited_for(
    browser: httpx.AsyncClient,
    provider: OAuthProvider,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider_module, "DEADLINE_SECONDS", 0.3)
    provider.instead[path] = Answer({}, after_seconds=3)
    began = time.monotonic()
    answer = await browser.get("login/oauth/sky")
    if answer.status_code == 302:
        answer = await log_in(browser)
    assert time.monotonic() - began < 2
    assert (answer.status_code, DOWN in said(answer)) == (503, True)
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_provider_that_is_gone_is_said_to_be_so(
    tmp_path: Path, accounts: KnowsVisitors, provider: OAuthProvider
) -> None:
    gone = provider.settings(issuer="http://127.0.0.1:1")
    async with opened(tmp_path, accounts, {"sky": gone}) as hub, hub.browser() as browser:
        assert (await browser.get("login")).status_code == 200
        answer = await browser.get("login/oauth/sky")
    assert (answer.status_code, DOWN in said(answer)) == (503, True)


async def test_an_accounts_service_that_is_away_is_said_so_and_the_login_can_be_begun_again(
    browser: httpx.AsyncClient, accounts: KnowsVisitors
) -> None:
    accounts.member("alice", "sky", ALICE)
    back = await there(browser)
    accounts.mock.cut("accounts")
    answer = await browser.get(back)
    assert answer.status_code in {302, 503}
    accounts.mock.mend()


async def test_no_log_holds_a_secret(
    hub: EmbeddedHub,
    browser: httpx.AsyncClient,
    accounts: KnowsVisitors,
    provider: OAuthProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    accounts.member("alice", "sky", ALICE)
    for path in PATHS[1:]:
        for status in (200, 400, 500):
            leak = {"error": "invalid_request", "error_description": provider.secrets}
            provider.instead[path] = Answer(leak, status)
            await log_in(browser)
        del provider.instead[path]
    back = await there(browser)
    await browser.get(f"{back}x")
    await log_in(browser, next="/hub/home?key=very-private-next")
    assert await name_of(browser) == "alice"
    ours = [record for record in caplog.records if not record.name.startswith("http")]
    text = "\n".join(record.getMessage() for record in ours)
    assert "answered 500" in text
    assert [secret for secret in provider.secrets if secret in text] == []
    assert "alice@example.org" not in text.lower()
    assert not any(record.exc_info for record in ours)
