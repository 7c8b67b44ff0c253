"""The page of what an account logs in with, as a browser without JavaScript sees it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from aglais_hub.identity import scope
from aglais_hub.models.identities import ConfirmationRequest, IdentityRequest, PasswordLogin
from tests.accounts.doors import HERE, Doors, doors_of
from tests.support.hub import HubDouble
from tests.support.pages import form_of

OLD, NEW = "old@example.org", "new@example.org"
FIRST, SECOND = "correct horse battery staple", "another long sentence 9"
PAGE = "accounts/alice/identities"
OWN = tuple(
    f"{scope(action, thing)}!user=alice"
    for action, thing in (("read", "accounts"), ("read", "identities"), ("write", "identities"))
)


@pytest.fixture
async def doors(database_url: str, hub: HubDouble) -> AsyncIterator[Doors]:
    async with doors_of(database_url, hub) as doors:
        await doors.member("alice", address=OLD, is_address_verified=True)
        yield doors


@pytest.fixture
async def alice(doors: Doors) -> AsyncIterator[httpx.AsyncClient]:
    async with doors.running.browser("alice", *OWN) as browser:
        yield browser


async def sent(
    browser: httpx.AsyncClient, to: str, page: str = PAGE, **typed: str
) -> httpx.Response:
    """Fill in a form of a page and send it; return the page that it leads to."""
    shown = await browser.get(page)
    answer = await browser.post(to, data={"_xsrf": form_of(shown)["_xsrf"]} | typed)
    if answer.status_code != 303:
        return answer
    return await browser.get(answer.headers["Location"].partition("/services/accounts/")[2])


async def test_the_page_shows_all_ways_in_and_how_to_add_one(
    doors: Doors, alice: httpx.AsyncClient
) -> None:
    page = await alice.get(PAGE)
    assert page.status_code == 200
    for words in ("GitHub", "person alice", OLD, "never used", "last use", "Set a password"):
        assert words in page.text, words
    for provider, title in (("github", "GitHub"), ("orcid", "ORCID")):
        link = rf'href="/hub/login/oauth/{provider}/link">Link {title}<'
        assert re.search(link, page.text)
    assert 'aria-current="page">Log-ins' in page.text


async def test_a_log_in_goes_after_a_question(doors: Doors, alice: httpx.AsyncClient) -> None:
    await doors.hub.link("alice", IdentityRequest(provider="orcid", subject="1", label="Al"))
    found = {one.provider: one.id for one in await doors.hub.identities("alice")}
    unlink = f"{PAGE}/{found['orcid']}/unlink"
    question = await alice.get(unlink)
    assert "any more" in question.text
    assert len(await doors.hub.identities("alice")) == 3
    back = await sent(alice, unlink, unlink)
    assert (back.status_code, "ORCID</span>" in back.text) == (200, False)
    assert await doors.ways("alice") == {"github:alice", f"email:{OLD}"}
    assert (await alice.get(f"{PAGE}/nothing/unlink")).status_code == 404


async def test_the_last_log_in_is_not_offered_to_go_and_stays(
    doors: Doors, alice: httpx.AsyncClient
) -> None:
    found = {one.provider: one.id for one in await doors.hub.identities("alice")}
    await doors.hub.unlink("alice", found["email"])
    page = await alice.get(PAGE)
    assert "/unlink" not in page.text
    unlink = f"{PAGE}/{found['github']}/unlink"
    refused = await sent(alice, unlink, unlink)
    assert (refused.status_code, "only way to log in" in refused.text) == (409, True)


async def test_a_password_is_set_and_changed(doors: Doors, alice: httpx.AsyncClient) -> None:
    path = "accounts/alice/password"
    weak = await sent(alice, path, password="password1")
    assert (weak.status_code, "password1" in weak.text) == (400, False)
    assert "The password is changed." in (await sent(alice, path, password=FIRST)).text
    assert "Present password" in (await alice.get(PAGE)).text
    wrong = await sent(alice, path, password=SECOND, current="not it")
    assert (wrong.status_code, "present password is another one" in wrong.text) == (403, True)
    await sent(alice, path, password=SECOND, current=FIRST)
    request = {"address": OLD, "password": SECOND, "came_from": HERE}
    assert (await doors.hub.log_in(PasswordLogin.model_validate(request))).name == "alice"


async def test_an_address_changes_with_its_state_on_the_page(
    doors: Doors, alice: httpx.AsyncClient
) -> None:
    path = "accounts/alice/address"
    pending = await sent(alice, path, address=NEW)
    for words in (
        "Mails are on their way",
        "Still to be confirmed",
        f">{OLD}</li>",
        f">{NEW}</li>",
    ):
        assert words in pending.text, words
    code = (await doors.codes(OLD))[-1]
    await doors.hub.confirm(ConfirmationRequest.model_validate({"code": code, "came_from": HERE}))
    half = await alice.get(PAGE)
    assert (f">{OLD}</li>" in half.text, f">{NEW}</li>" in half.text) == (False, True)
    await sent(alice, path, address=NEW)
    assert (len(await doors.codes(OLD)), len(await doors.codes(NEW))) == (1, 2)
    cancelled = await sent(alice, f"{path}/cancel")
    assert "stays as it is" in cancelled.text
    assert "Still to be confirmed" not in cancelled.text
    again = await sent(alice, f"{path}/cancel")
    assert again.status_code == 404
    wrong = await sent(alice, path, address="not an address")
    assert (wrong.status_code, "Traceback" in wrong.text) == (400, False)


async def test_a_guest_is_told_to_register(doors: Doors) -> None:
    guest = (await doors.hub.open_guest(HERE)).name
    own = [one.replace("alice", guest) for one in OWN]
    async with doors.running.browser(guest, *own) as browser:
        page = await browser.get(f"accounts/{guest}/identities")
    assert 'href="/hub/register"' in page.text
    assert "/oauth/" not in page.text


async def test_who_looks_after_accounts_sees_but_cannot_link_for_others(doors: Doors) -> None:
    everything = [scope(a, t) for a in ("read", "write") for t in ("accounts", "identities")]
    async with doors.running.browser("olga", *everything) as browser:
        page = await browser.get(PAGE)
    async with doors.running.browser("mallory") as browser:
        refused = await browser.get(PAGE)
    assert (page.status_code, "/oauth/" in page.text, "/unlink" in page.text) == (200, False, True)
    assert refused.status_code == 403


async def test_what_others_wrote_is_shown_as_text(doors: Doors, alice: httpx.AsyncClient) -> None:
    label = '<script>alert("1")</script>'
    await doors.hub.link("alice", IdentityRequest(provider="orcid", subject="1", label=label))
    assert "<script>alert" not in (await alice.get(PAGE)).text
