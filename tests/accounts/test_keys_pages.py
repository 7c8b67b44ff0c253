"""Pages of SSH keys, grants and tokens of nodes: as a browser without JavaScript sees them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from aglais_hub.identity import scope
from tests.accounts.key_world import OWN, READ, WRITE, key_world
from tests.support.hub import HubDouble
from tests.support.key_site import KeySiteDouble
from tests.support.keys import pair, private, public
from tests.support.pages import form_of
from tests.support.services import RunningService

World = tuple[RunningService, KeySiteDouble]
KEYS = "accounts/alice/keys"
SEEN = scope("read", "accounts") + "!user=alice"
ADMIN = tuple(scope(action, "grants") for action in ("read", "write"))


@pytest.fixture
async def world(database_url: str, hub: HubDouble) -> AsyncIterator[World]:
    async with key_world(database_url, hub) as found:
        yield found


@pytest.fixture
async def alice(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world[0].browser("alice", *OWN, SEEN) as browser:
        yield browser


async def sent(browser: httpx.AsyncClient, page: str, to: str, **typed: str) -> httpx.Response:
    """Fill in the form on a page and send it."""
    shown = await browser.get(page)
    return await browser.post(to, data={"_xsrf": form_of(shown)["_xsrf"]} | typed)


def place_of(answer: httpx.Response) -> str:
    """Return where a form's answer leads to, below the service."""
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].partition("/services/accounts/")[2]


async def test_a_key_is_pasted_renamed_and_removed(alice: httpx.AsyncClient) -> None:
    empty = await alice.get(KEYS)
    place = place_of(await sent(alice, KEYS, KEYS, public=public(), title="Laptop"))
    shown, listed = await alice.get(place), await alice.get(KEYS)
    edited = await sent(alice, f"{place}/edit", f"{place}/edit", title="Office")
    renamed = await alice.get(place_of(edited))
    question = await alice.get(f"{place}/remove")
    still = await alice.get(place)
    gone = await sent(alice, f"{place}/remove", f"{place}/remove")
    assert "There are no keys yet." in empty.text
    for page in (shown, listed):
        assert pair().get_fingerprint() in page.text.replace("&#43;", "+")
        assert "Laptop" in page.text
    assert "never used" in listed.text
    assert "Office" in renamed.text
    assert ("opens nothing any more" in question.text, still.status_code) == (True, 200)
    assert (place_of(gone), (await alice.get(place)).status_code) == (KEYS, 404)


async def test_the_pages_of_an_account_lead_to_each_other(alice: httpx.AsyncClient) -> None:
    account, keys = await alice.get("accounts/alice"), await alice.get(KEYS)
    for page in (account, keys):
        assert 'href="/services/accounts/accounts/alice/keys"' in page.text
        assert 'href="/services/accounts/accounts/alice"' in page.text
    assert re.search(r'aria-current="page">SSH keys', keys.text)


async def test_every_control_has_a_label(alice: httpx.AsyncClient) -> None:
    text = (await alice.get(KEYS)).text
    controls = re.findall(r"<(?:input|select|textarea)(?![^>]*hidden)[^>]*\bid=\"([^\"]+)\"", text)
    assert len(controls) == 5
    for control in controls:
        assert f'for="{control}"' in text


async def test_what_is_wrong_with_a_key_is_said_and_nothing_that_was_pasted_is_shown(
    alice: httpx.AsyncClient,
) -> None:
    for path, typed in (
        (KEYS, {"public": private()}),
        (KEYS, {"public": public(), "title": private()}),
        (f"{KEYS}/fetch", {"site": "github", "user": private()}),
        (f"{KEYS}/generate", {"title": private()}),
    ):
        answer = await sent(alice, KEYS, path, **typed)
        assert answer.status_code == 400
        assert "consider it burnt" in answer.text
        for line in private().splitlines()[1:-1]:
            assert line not in answer.text
    weak = await sent(alice, KEYS, KEYS, public=public("ssh-rsa", key_size=2048))
    assert (weak.status_code, "2048 bits" in weak.text) == (400, True)
    await sent(alice, KEYS, KEYS, public=public())
    again = await sent(alice, KEYS, KEYS, public=public())
    assert (again.status_code, "has this key already" in again.text) == (409, True)


async def test_keys_of_a_site_are_shown_before_they_are_added(
    alice: httpx.AsyncClient, world: World
) -> None:
    _, site = world
    site.users["octo"] = f"{public()}\n{public(number=1)}\n{public('ssh-dss')}"
    typed = {"site": "github", "user": "octo"}
    shown = await sent(alice, KEYS, f"{KEYS}/fetch", **typed)
    before = await alice.get(f"{KEYS}")
    confirmed = {"confirmed": "yes", "fingerprint": pair(number=1).get_fingerprint()}
    added = await sent(alice, KEYS, f"{KEYS}/fetch", **typed, **confirmed)
    none = await sent(alice, KEYS, f"{KEYS}/fetch", **typed, confirmed="yes")
    again = await sent(alice, KEYS, f"{KEYS}/fetch", **typed)
    missing = await sent(alice, KEYS, f"{KEYS}/fetch", site="gitlab", user="nobody")
    assert shown.text.count('type="checkbox"') == 2
    assert "DSA keys" in shown.text
    assert "There are no keys yet." in before.text
    assert place_of(added) == KEYS
    listed = (await alice.get(KEYS)).text
    assert ("github:octo" in listed, listed.count(">Remove</a>")) == (True, 1)
    assert (none.status_code, "No key was chosen" in none.text) == (400, True)
    assert again.text.count('type="checkbox"') == 1
    assert (missing.status_code, "GitLab has no user nobody" in missing.text) == (404, True)


async def test_a_generated_key_shows_its_public_half_to_copy(
    alice: httpx.AsyncClient, world: World
) -> None:
    place = place_of(await sent(alice, KEYS, f"{KEYS}/generate", title="For syncs"))
    shown = await alice.get(place)
    line = re.search(r"<textarea[^>]*>([^<]+)</textarea>", shown.text)
    assert line
    assert line[1].startswith("ssh-ed25519 AAAA")
    assert "PRIVATE" not in shown.text
    nameless = await sent(alice, KEYS, f"{KEYS}/generate")
    assert nameless.status_code == 400


async def test_others_see_nothing_and_readers_have_no_forms(world: World) -> None:
    accounts, _ = world
    async with (
        accounts.browser("bob", f"{READ}!user=bob", f"{WRITE}!user=bob") as bob,
        accounts.browser("reader", READ) as reader,
    ):
        assert (await bob.get(KEYS)).status_code == 403
        assert (await sent(bob, "accounts/bob/keys", KEYS, public=public())).status_code == 403
        seen = await reader.get(KEYS)
    assert (seen.status_code, "<form" in seen.text) == (200, False)


async def test_an_administrator_gives_moves_and_takes_back_a_grant(world: World) -> None:
    accounts, _ = world
    async with accounts.browser("olga", *ADMIN, READ) as olga:
        new = "grants/new"
        wrong = await sent(olga, new, new, cluster="atlas", account="alice")
        place = place_of(await sent(olga, new, new, cluster="atlas", account="nora"))
        listed = await olga.get("grants")
        edited = await sent(olga, f"{place}/edit", f"{place}/edit", expires_at="2100-01-01T00:00Z")
        shown, keys = await olga.get(place_of(edited)), await olga.get("accounts/nora/keys")
        taken = await sent(olga, f"{place}/remove", f"{place}/remove")
        empty = await olga.get(place_of(taken))
    assert (wrong.status_code, "of level n" in wrong.text) == (409, True)
    assert place == "grants/atlas/nora"
    assert 'href="/services/accounts/grants/atlas/nora"' in listed.text
    assert "2100-01-01 00:00:00 UTC" in shown.text
    assert "atlas, until 2100-01-01" in keys.text
    assert "There are none yet." in empty.text


async def test_the_secret_of_a_node_is_shown_once(world: World) -> None:
    accounts, _ = world
    async with accounts.browser("olga", *ADMIN) as olga:
        new = "node-tokens/new"
        made = await sent(olga, new, new, cluster="atlas", title="node 1")
        secret = re.search(r"aglais-node-[\w-]{43}", made.text)
        page = re.search(r'href="/services/accounts/(node-tokens/[0-9a-f]{32})"', made.text)
        assert secret
        assert page
        shown, listed = await olga.get(page[1]), await olga.get("node-tokens")
        wrong = await sent(olga, new, new, cluster="No Cluster!", title="node 1")
        edited = await sent(olga, f"{page[1]}/edit", f"{page[1]}/edit", title="all nodes")
        renamed = await olga.get(place_of(edited))
        gone = await sent(olga, f"{page[1]}/revoke", f"{page[1]}/revoke")
        after = await olga.get(page[1])
    assert secret[0] not in shown.text + listed.text + renamed.text
    assert ("node 1" in listed.text, wrong.status_code) == (True, 400)
    assert ("all nodes" in renamed.text, place_of(gone)) == (True, "node-tokens")
    assert after.status_code == 404


async def test_people_are_not_shown_the_way_to_tokens_of_nodes(
    alice: httpx.AsyncClient, world: World
) -> None:
    page = await alice.get("accounts/alice")
    assert "node-tokens" not in page.text
    assert (await alice.get("node-tokens")).status_code == 403
    assert (await alice.get("node-tokens/new")).status_code == 403
