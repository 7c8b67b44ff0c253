"""The guest door of the accounts service, over REST."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from aglais_accounts import service
from aglais_hub.identity import scope
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "accounts"), scope("write", "accounts")
HERE = {"address": "192.0.2.1"}


@pytest.fixture
async def accounts(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    async with running(service, database_url, hub, guest_limit=5, guests_per_minute=3) as service_:
        yield service_


async def test_a_guest_gets_a_level_0_account_with_an_end(accounts: RunningService) -> None:
    async with accounts.program(READ, WRITE) as api:
        made = await api.post("guests", data=HERE)
        found = await api.get(made.headers["Location"].partition("/api/")[2])
    assert made.status_code == 201
    assert made.json()["name"].startswith("guest-")
    assert (made.json()["level"], made.json()["state"]) == (0, "active")
    assert made.json()["expires_at"] > made.json()["created_at"]
    assert found.json() == made.json()


async def test_an_address_is_refused_after_so_many_guests_a_minute(
    accounts: RunningService,
) -> None:
    async with accounts.program(WRITE) as api:
        answers = [await api.post("guests", data=HERE) for _ in range(4)]
        elsewhere = await api.post("guests", data={"address": "192.0.2.2"})
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
    assert answers[3].json()["code"] == "guest-limit"
    assert elsewhere.status_code == 201


async def test_a_network_of_ipv6_is_one_address(accounts: RunningService) -> None:
    async with accounts.program(WRITE) as api:
        places = [*(f"2001:db8::{n}" for n in range(1, 5)), "2001:db8:0:1::1"]
        answers = [await api.post("guests", data={"address": place}) for place in places]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 201]


async def test_forty_clicks_at_once_leave_as_many_guests_as_may_be(
    accounts: RunningService,
) -> None:
    async with accounts.program(READ, WRITE) as api:
        clicks = (api.post("guests", data={"address": f"192.0.2.{n}"}) for n in range(40))
        answers = await asyncio.gather(*clicks)
        listed = (await api.get("accounts")).json()
    assert sorted({answer.status_code for answer in answers}) == [201, 429]
    assert len(listed) == 5


async def test_the_same_click_twice_is_one_guest(accounts: RunningService) -> None:
    key = {"Idempotency-Key": "click-1"}
    async with accounts.program(READ, WRITE) as api:
        first, second = [await api.post("guests", data=HERE, headers=key) for _ in range(2)]
        other = await api.post("guests", data={"address": "192.0.2.9"}, headers=key)
        listed = (await api.get("accounts")).json()
    assert first.json() == second.json()
    assert other.status_code == 409
    assert len(listed) == 1


@pytest.mark.parametrize(
    ("token_scopes", "status"), [((), 403), ((READ,), 403), ((f"{WRITE}!user=alice",), 403)]
)
async def test_who_lacks_the_scope_is_told_its_name(
    accounts: RunningService, token_scopes: tuple[str, ...], status: int
) -> None:
    async with accounts.program(*token_scopes) as api:
        answer = await api.post("guests", data=HERE)
    assert answer.status_code == status
    assert WRITE in answer.json()["message"]


async def test_bad_requests_are_answered_in_a_sentence(accounts: RunningService) -> None:
    async with accounts.program(READ, WRITE) as api, accounts.api(None) as nobody:
        answers = {
            "unknown account": await api.get("accounts/nobody"),
            "unknown level": await api.get("levels/7"),
            "no such level": await api.post("accounts", data={"name": "bob", "level": "9"}),
            "not JSON": await api.post(
                "guests", content=b"{", headers={"Content-Type": "application/json"}
            ),
            "not UTF-8": await api.post(
                "guests",
                content=b"address=%ff%fe",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            ),
            "unknown field": await api.post("guests", data={**HERE, "level": "2"}),
            "no body": await api.post("guests"),
            "other type": await api.post(
                "guests", content=b"<a/>", headers={"Content-Type": "text/xml"}
            ),
            "too large": await api.post("guests", data={"address": "x" * (2**20 + 1)}),
            "no token": await nobody.get("accounts"),
            "no such place": await api.get("nothing"),
            "bad window": await api.get("accounts?limit=-1"),
        }
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {
        "unknown account": 404, "unknown level": 404, "no such level": 400, "not JSON": 400,
        "not UTF-8": 400, "unknown field": 400, "no body": 400, "other type": 415,
        "too large": 413, "no token": 401, "no such place": 404, "bad window": 400,
    }  # fmt: skip
    for name, answer in answers.items():
        body = answer.json()
        assert set(body) == {"status", "code", "message"}, name
        assert body["status"] == answer.status_code
        assert "Traceback" not in body["message"]


async def test_a_level_is_edited_only_as_it_was_seen(accounts: RunningService) -> None:
    async with accounts.program(READ, WRITE) as api:
        seen = await api.get("levels/0")
        edit = {name: value for name, value in seen.json().items() if name != "level"}
        edit["lifetime_seconds"] = 60
        when_seen = {"If-Match": seen.headers["ETag"]}
        first = await api.post("levels/0", json=edit, headers=when_seen)
        second = await api.post("levels/0", json=edit, headers=when_seen)
    assert first.json()["lifetime_seconds"] == 60
    assert (second.status_code, second.json()["code"]) == (412, "changed-meanwhile")


async def test_a_lease_is_held_by_one_replica_at_a_time(accounts: RunningService) -> None:
    process = accounts.process
    other = type(process)(process.service, process.context, process.manager, process.prefix, "b")
    minute = timedelta(minutes=1)
    assert await process.leases.take("sweep", minute)
    assert not await other.leases.take("sweep", minute)
    assert await process.leases.take("sweep", minute)
    await process.leases.give_back("sweep")
    assert await other.leases.take("sweep", minute)
