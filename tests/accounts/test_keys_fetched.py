"""SSH keys that GitHub and GitLab publish, from a real HTTP server in their place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from aglais_accounts import key_sites
from tests.accounts.key_world import OWN, key_world
from tests.support.hub import HubDouble
from tests.support.key_site import KeySiteDouble
from tests.support.keys import pair, private, public
from tests.support.services import RunningService

pytestmark = pytest.mark.slow

World = tuple[RunningService, KeySiteDouble]
OCTO = {"site": "github", "user": "octo"}


@pytest.fixture
async def world(database_url: str, hub: HubDouble) -> AsyncIterator[World]:
    async with key_world(database_url, hub, ssh_key_limit=4) as found:
        yield found


@pytest.fixture
def site(world: World) -> KeySiteDouble:
    return world[1]


@pytest.fixture
async def alice(world: World) -> AsyncIterator[httpx.AsyncClient]:
    accounts, _ = world
    async with accounts.api(accounts.hub.token("alice", *OWN)) as api:
        yield api


async def test_the_preview_says_what_becomes_of_each_key_and_adds_none(
    alice: httpx.AsyncClient, site: KeySiteDouble
) -> None:
    await alice.post("accounts/alice/keys", data={"public": public(number=1)})
    lines = (public(), public(number=1), public("ssh-rsa", key_size=2048), public())
    site.users["octo"] = "\n".join(lines) + "\n\n"
    found = (await alice.post("accounts/alice/keys/preview", data=OCTO)).json()
    assert [one["state"] for one in found] == ["new", "known", "refused", "known"]
    assert found[0]["fingerprint"] == pair().get_fingerprint()
    assert "2048 bits" in found[2]["why"]
    assert len((await alice.get("accounts/alice/keys")).json()) == 1


@pytest.mark.parametrize("where", ["github", "gitlab"])
async def test_new_keys_are_added_and_known_ones_are_left_out(
    alice: httpx.AsyncClient, site: KeySiteDouble, where: str
) -> None:
    site.users["octo"] = f"{public()}\n{public(number=1)}\n{public('ssh-dss')}"
    asked = {"site": where, "user": "octo"}
    first = await alice.post("accounts/alice/keys/fetch", data=asked)
    second = await alice.post("accounts/alice/keys/fetch", data=asked)
    assert (first.status_code, len(first.json()), second.json()) == (200, 2, [])
    assert {key["source"] for key in first.json()} == {f"{where}:octo"}
    assert {key["kind"] for key in first.json()} == {"authorized"}
    assert (await alice.get("accounts/alice/keys")).json() == first.json()
    assert site.asked == ["octo", "octo"]


async def test_only_those_are_added_that_were_chosen(
    alice: httpx.AsyncClient, site: KeySiteDouble
) -> None:
    site.users["octo"] = f"{public()}\n{public(number=1)}"
    chosen = [pair(number=1).get_fingerprint()]
    added = await alice.post("accounts/alice/keys/fetch", json=OCTO | {"fingerprints": chosen})
    assert [key["fingerprint"] for key in added.json()] == chosen


async def test_the_same_request_twice_has_one_answer(
    alice: httpx.AsyncClient, site: KeySiteDouble
) -> None:
    site.users["octo"] = public()
    keyed = {"Idempotency-Key": "once"}
    answers = [
        await alice.post("accounts/alice/keys/fetch", data=OCTO, headers=keyed) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json() != []
    assert site.asked == ["octo"]


async def test_more_than_fit_are_not_added_in_part(
    alice: httpx.AsyncClient, site: KeySiteDouble
) -> None:
    site.users["octo"] = "\n".join(public(number=number) for number in range(5))
    answer = await alice.post("accounts/alice/keys/fetch", data=OCTO)
    assert (answer.status_code, answer.json()["code"]) == (409, "key-limit")
    assert (await alice.get("accounts/alice/keys")).json() == []


TROUBLES = {
    "nobody": (404, "no-such-user", "GitHub has no user nobody"),
    "keyless": (404, "no-such-user", "shows no SSH keys of keyless"),
    "moved": (404, "no-such-user", "sends to another page"),
    "page": (503, "key-site", "a page"),
    "broken": (503, "key-site", "502"),
    "binary": (503, "key-site", "no text"),
    "endless": (503, "key-site", "64 KiB"),
    "many": (503, "key-site", "100 lines"),
}


async def test_a_site_that_makes_trouble_is_told_of_in_a_sentence(
    alice: httpx.AsyncClient, site: KeySiteDouble
) -> None:
    site.users |= {"alice": public(), "keyless": "\n", "many": "x\n" * 101}
    for user, (status, code, words) in TROUBLES.items():
        asked = {"site": "github", "user": user}
        answer = await alice.post("accounts/alice/keys/preview", data=asked)
        assert (answer.status_code, answer.json()["code"]) == (status, code), user
        assert words in answer.json()["message"], user
    assert "alice" not in site.asked  # where `moved` leads to


async def test_a_site_is_not_asked_for_paths_or_too_often(
    alice: httpx.AsyncClient, site: KeySiteDouble
) -> None:
    for user in ("../octo", "a/b", "a?b", "a#b", "a%2fb", "", ".", "x" * 65, "a\nb"):
        asked = {"site": "github", "user": user}
        answer = await alice.post("accounts/alice/keys/preview", json=asked)
        assert answer.status_code == 400, user
    assert site.asked == []
    answers = [await alice.post("accounts/alice/keys/preview", data=OCTO) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [404] * 10 + [429]
    assert len(site.asked) == 10


async def test_a_site_that_is_away_or_silent_holds_up_nobody(
    world: World, alice: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts, site = world
    monkeypatch.setattr(key_sites, "DEADLINE_SECONDS", 3)
    site.hold = asyncio.Event()
    asking = asyncio.create_task(alice.post("accounts/alice/keys/fetch", data=OCTO))
    await site.came.wait()
    # No transaction is open meanwhile: with SQLite there is one writer at a time.
    other = await alice.post("accounts/alice/keys", data={"public": public()})
    assert (other.status_code, asking.done()) == (201, False)
    silent = await asking
    site.hold.set()
    accounts.process.manager.keys.sites.urls = {"github": "http://127.0.0.1:1"}
    away = await alice.post("accounts/alice/keys/fetch", data=OCTO)
    for answer in (silent, away):
        assert (answer.status_code, answer.json()["code"]) == (503, "key-site")
        assert "GitHub does not answer" in answer.json()["message"]
        assert answer.headers["Retry-After"] == "60"


async def test_a_site_that_publishes_a_private_key_is_not_repeated(
    alice: httpx.AsyncClient, site: KeySiteDouble
) -> None:
    site.users["octo"] = private()
    found = await alice.post("accounts/alice/keys/preview", data=OCTO)
    assert {one["state"] for one in found.json()} == {"refused"}
    assert private().splitlines()[1] not in found.text
