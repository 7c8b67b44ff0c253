"""Grants, tokens of nodes, and what nodes are told, over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from tests.accounts.key_world import key_world
from tests.support.hub import HubDouble
from tests.support.keys import pair, public
from tests.support.services import RunningService

GRANTS = (scope("read", "grants"), scope("write", "grants"))
EVERYTHING = (*GRANTS, scope("write", "keys"), scope("read", "keys"))
AUTHORIZED = scope("read", "authorized-keys")
ATLAS = {"cluster": "atlas", "account": "nora"}
LINE = f"restrict,pty {' '.join(public().split()[:2])}\n"


@pytest.fixture
async def accounts(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    async with key_world(database_url, hub) as (at_work, _):
        yield at_work


@pytest.fixture
async def api(accounts: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with accounts.program(*EVERYTHING) as client:
        await client.post("accounts/nora/keys", json={"public": public()})
        yield client


async def new_token(api: httpx.AsyncClient, cluster: str = "atlas") -> Any:
    made = await api.post("node-tokens", json={"cluster": cluster, "title": "node 1"})
    assert made.status_code == 201
    return made.json()


async def asked(
    accounts: RunningService, token: str, cluster: str = "atlas", **query: str
) -> httpx.Response:
    """Ask as sshd does; the login name is nora unless another is said."""
    async with accounts.api(token) as node:
        path = f"clusters/{cluster}/authorized-keys"
        return await node.get(path, params={"user": "nora"} | query)


async def test_a_grant_is_given_moved_and_taken_back(api: httpx.AsyncClient) -> None:
    soon = (utcnow() + timedelta(hours=1)).isoformat()
    first = await api.post("grants", json=ATLAS)
    again = await api.post("grants", json=ATLAS | {"expires_at": soon})
    found = await api.get(first.headers["Location"].partition("/api/")[2])
    stale = {"If-Match": '"stale"'}
    refused = await api.post("grants/atlas/nora", json={}, headers=stale)
    moved = await api.post(
        "grants/atlas/nora", json={}, headers={"If-Match": found.headers["ETag"]}
    )
    gone, twice = await api.delete("grants/atlas/nora"), await api.delete("grants/atlas/nora")
    assert (first.status_code, again.status_code, refused.status_code) == (201, 200, 412)
    assert (first.json()["expires_at"], found.json()) == (None, again.json())
    assert (moved.json()["expires_at"], gone.status_code, twice.status_code) == (None, 204, 404)


async def test_grants_are_listed_by_cluster_account_and_owner(
    accounts: RunningService, api: httpx.AsyncClient
) -> None:
    for cluster in ("atlas", "borea"):
        await api.post("grants", json={"cluster": cluster, "account": "nora"})
    nora = accounts.hub.token("nora", f"{GRANTS[0]}!user=nora")
    bob = accounts.hub.token("bob", f"{GRANTS[0]}!user=bob")
    async with accounts.api(nora) as own, accounts.api(bob) as other:
        counts = [
            len((await client.get(path)).json())
            for client, path in (
                (api, "grants"), (api, "grants?cluster=atlas"), (api, "grants?account=bob"),
                (own, "grants"), (other, "grants"),
            )
        ]  # fmt: skip
        refused = await other.get("grants?account=nora")
        by_owner = await own.post("grants", json=ATLAS)
    assert counts == [2, 1, 0, 2, 0]
    assert (refused.status_code, by_owner.status_code) == (403, 403)


@pytest.mark.parametrize("account", ["alice", "nobody"])
async def test_only_accounts_of_level_n_are_granted(api: httpx.AsyncClient, account: str) -> None:
    answer = await api.post("grants", json=ATLAS | {"account": account})
    assert answer.status_code == (404 if account == "nobody" else 409)
    assert (await api.get("grants")).json() == []


async def test_an_end_in_the_past_is_refused(api: httpx.AsyncClient) -> None:
    over = (utcnow() - timedelta(seconds=1)).isoformat()
    answer = await api.post("grants", json=ATLAS | {"expires_at": over})
    assert (answer.status_code, "over" in answer.json()["message"]) == (400, True)


async def test_a_node_is_told_lines_for_sshd(
    accounts: RunningService, api: httpx.AsyncClient
) -> None:
    await api.post("grants", json=ATLAS)
    token = (await new_token(api))["token"]
    answer = await asked(accounts, token)
    assert (answer.status_code, answer.text) == (200, LINE)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    nobody = await asked(accounts, token, user="bob")
    assert (nobody.status_code, nobody.text) == (200, "")
    assert nobody.headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_a_use_is_noted_where_a_key_was_offered(
    accounts: RunningService, api: httpx.AsyncClient
) -> None:
    await api.post("grants", json=ATLAS)
    token = (await new_token(api))["token"]

    async def last_use() -> Any:
        return (await api.get("accounts/nora/keys")).json()[0]["last_used_at"]

    await asked(accounts, token)
    assert await last_use() is None
    other = await asked(accounts, token, fingerprint=pair(number=7).get_fingerprint())
    assert (other.text, await last_use()) == ("", None)
    found = await asked(accounts, token, fingerprint=pair().get_fingerprint())
    first = await last_use()
    await asked(accounts, token, fingerprint=pair().get_fingerprint())
    assert found.text == LINE
    assert await last_use() == first is not None


async def test_a_node_asks_about_its_own_cluster_and_nothing_else(
    accounts: RunningService, api: httpx.AsyncClient
) -> None:
    for cluster in ("atlas", "borea"):
        await api.post("grants", json={"cluster": cluster, "account": "nora"})
    token = (await new_token(api))["token"]
    assert (await asked(accounts, token)).text == LINE
    elsewhere = await asked(accounts, token, "borea")
    assert (elsewhere.status_code, public().split()[1] in elsewhere.text) == (403, False)
    async with accounts.api(token) as node:
        for path in ("grants", "node-tokens", "accounts", "accounts/nora/keys", "levels"):
            assert (await node.get(path)).status_code == 401, path


async def test_a_token_that_is_unknown_or_revoked_opens_nothing(
    accounts: RunningService, api: httpx.AsyncClient
) -> None:
    await api.post("grants", json=ATLAS)
    first, second = await new_token(api), await new_token(api)
    await api.delete(f"node-tokens/{first['id']}")
    answers = [
        await asked(accounts, token)
        for token in (first["token"], second["token"], second["token"][:-1], "aglais-node-")
    ]
    assert [answer.status_code for answer in answers] == [401, 200, 401, 401]
    # A service of the Hub that may read them is answered for every cluster.
    program = accounts.hub.token("clusters", AUTHORIZED, kind="service")
    assert (await asked(accounts, program)).text == LINE


async def test_the_secret_of_a_token_is_told_once_and_kept_as_digest(
    accounts: RunningService, api: httpx.AsyncClient
) -> None:
    made = await new_token(api)
    texts = [(await api.get(path)).text for path in ("node-tokens", f"node-tokens/{made['id']}")]
    async with accounts.process.database.reading() as session:
        for table in accounts.process.service.metadata.sorted_tables:
            texts += map(repr, await session.execute(table.select()))
    assert not any(made["token"] in text for text in texts)
    kept = await api.post(
        "node-tokens", json={"cluster": "atlas", "title": "x"}, headers={"Idempotency-Key": "a"}
    )
    assert kept.status_code == 400


async def test_the_options_of_keys_are_the_operators(database_url: str, hub: HubDouble) -> None:
    options = "restrict,pty,port-forwarding"
    async with (
        key_world(database_url, hub, authorized_key_options=options) as (accounts, _),
        accounts.program(*EVERYTHING, AUTHORIZED) as api,
    ):
        await api.post("accounts/nora/keys", json={"public": public()})
        await api.post("grants", json=ATLAS)
        answer = await api.get("clusters/atlas/authorized-keys?user=nora")
    assert answer.text.startswith(f"{options} ssh-ed25519 ")


async def test_who_asks_for_nobody_is_told_so(
    accounts: RunningService, api: httpx.AsyncClient
) -> None:
    token = (await new_token(api))["token"]
    answer = await asked(accounts, token, user="")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
