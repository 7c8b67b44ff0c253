"""Admission of sessions by the booking service, over REST."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from aglais_booking import service
from aglais_booking.chores.reaper import Reaper
from aglais_hub.client import BookingClient, ServiceClients
from aglais_hub.errors import Unavailable
from aglais_hub.identity import scope
from aglais_hub.models.booking import Admission, AdmissionRequest
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "admissions"), scope("write", "admissions")
POOLS = scope("read", "pools"), scope("write", "pools")
GIB = 2**30
ALICE = {"account": "alice", "level": "0"}


@pytest.fixture
async def booking(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    """Booking on a machine for three tiny sessions: 2 cores and 2.5 GiB each."""
    clients = ServiceClients("http://127.0.0.1:1/", "none", hub_api_url=hub.url)
    machine = {"embedded_cores": 2, "embedded_memory_bytes": 8 * GIB}
    async with running(service, database_url, hub, clients, **machine) as service_:
        yield service_
    await clients.close()


async def ask(api: httpx.AsyncClient, **given: Any) -> httpx.Response:
    return await api.post("admissions", data=ALICE | given)


async def promised(api: httpx.AsyncClient) -> tuple[int, float]:
    usage = (await api.get("pools/embedded/usage")).json()
    return usage["sessions"], usage["promised"]["cores"]


async def test_a_guest_gets_the_default_of_its_level(booking: RunningService) -> None:
    async with booking.program(READ, WRITE) as api:
        made = await ask(api)
        found = await api.get(made.headers["Location"].partition("/api/")[2])
    body = made.json()
    assert made.status_code == 201
    assert (body["package"], body["sharing"], body["cluster"]) == ("tiny", "shared", "embedded")
    assert body["limits"]["frontend"] == {"cores": 1.0, "memory_bytes": 3 * GIB // 2}
    assert body["until"] is None
    assert found.json() == body


@pytest.mark.parametrize(("level", "package"), [("0", "tiny"), ("1", "small"), ("2", "small")])
async def test_levels_have_their_default(booking: RunningService, level: str, package: str) -> None:
    async with booking.program(WRITE) as api:
        assert (await ask(api, level=level)).json()["package"] == package


async def test_forty_at_once_never_oversell_and_a_release_makes_room(
    booking: RunningService,
) -> None:
    async with booking.program(READ, WRITE, *POOLS) as api:
        answers = await asyncio.gather(*(ask(api, account=f"guest-{n}") for n in range(40)))
        in_use = await promised(api)
        admitted = [answer.json() for answer in answers if answer.status_code == 201]
        refused = [answer for answer in answers if answer.status_code != 201]
        await api.post(f"admissions/{admitted[0]['id']}/release")
        again = [(await ask(api, account=name)).status_code for name in ("later", "too-late")]
    assert len(admitted) == 3
    assert {answer.json()["code"] for answer in refused} == {"no-room"}
    assert in_use == (3, 6.0)
    assert again == [201, 503]


async def test_the_same_server_at_once_is_counted_once(booking: RunningService) -> None:
    async with booking.program(READ, WRITE, *POOLS) as api:
        answers = await asyncio.gather(*(ask(api) for _ in range(20)))
        listed = (await api.get("admissions")).json()
        in_use = await promised(api)
    assert {answer.status_code for answer in answers} == {201}
    assert (len(listed), in_use) == (1, (1, 2.0))


async def test_a_late_release_of_an_earlier_session_frees_nothing(booking: RunningService) -> None:
    async with booking.program(READ, WRITE, *POOLS) as api:
        first, second = (await ask(api)).json(), (await ask(api)).json()
        late = await api.post(f"admissions/{first['id']}/release")
        still_there = await promised(api)
        twice = [await api.post(f"admissions/{second['id']}/release") for _ in range(2)]
        gone = await api.get(f"admissions/{second['id']}")
        after = await promised(api)
    assert late.status_code == 204
    assert still_there == (1, 2.0)
    assert [answer.status_code for answer in twice] == [204, 204]
    assert (gone.status_code, after) == (404, (0, 0.0))


async def test_the_same_key_gives_the_same_admission(booking: RunningService) -> None:
    key = {"Idempotency-Key": "spawn-1"}
    async with booking.program(READ, WRITE) as api:
        first, second = [
            (await api.post("admissions", data=ALICE, headers=key)).json() for _ in range(2)
        ]
        listed = (await api.get("admissions")).json()
    assert first == second
    assert [one["id"] for one in listed] == [first["id"]]


async def test_a_refused_replacement_leaves_the_earlier_admission(booking: RunningService) -> None:
    async with booking.program(READ, WRITE, *POOLS) as api:
        kept = (await ask(api, account="bob")).json()
        for name in ("carol", "dave"):
            await ask(api, account=name)
        larger = await ask(api, account="bob", level="1", package="small")
        listed = (await api.get("admissions?account=bob")).json()
    assert larger.status_code == 503
    assert listed == [kept]


async def test_refusals_say_what_to_do_next(booking: RunningService) -> None:
    async with booking.program(READ, WRITE) as api:
        answers = [
            await ask(api, package="gigantic"),
            await ask(api, package="medium"),
            await ask(api, level="2", package="large"),
            *[await ask(api, account=f"guest-{n}") for n in range(4)][3:],
        ]
    told = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert told == [
        (404, "unknown-package"), (403, "package-not-allowed"), (409, "package-too-large"),
        (503, "no-room"),
    ]  # fmt: skip
    unknown, above, large, full = (answer.json()["message"] for answer in answers)
    assert "tiny, small, medium" in unknown
    assert "from level n" in above
    assert "Start a smaller one; it can be booked from level 1 (basic) on" in above
    assert "needs 20 cores and 40 GiB; the whole pool embedded has 8 cores and 8 GiB" in large
    assert "This would fit: tiny, small." in large
    assert "free are 2 cores and 512 MiB" in full
    assert answers[3].headers["Retry-After"] == "60"


async def test_a_pool_that_shrinks_keeps_its_sessions_and_lets_nobody_in(
    booking: RunningService,
) -> None:
    smaller = {"resources": {"cores": 1, "memory_bytes": 3 * GIB}, "core_overcommit": 2}
    async with booking.program(READ, WRITE, *POOLS) as api:
        for name in ("alice", "bob"):
            await ask(api, account=name)
        edited = await api.post("pools/embedded", json=smaller)
        usage = (await api.get("pools/embedded/usage")).json()
        refused = await ask(api, account="carol")
    assert edited.status_code == 200
    assert (usage["free"]["cores"], usage["free"]["memory_bytes"]) == (0.0, 0)
    assert (usage["sessions"], usage["promised"]["cores"]) == (2, 4.0)
    assert refused.json()["code"] == "no-room"


async def test_a_running_session_keeps_what_it_was_promised(booking: RunningService) -> None:
    packages = scope("read", "packages"), scope("write", "packages")
    async with booking.program(READ, WRITE, *packages) as api:
        made = (await ask(api)).json()
        package = (await api.get("packages/tiny")).json()
        package["limits"]["worker_count"] = 2
        del package["name"]
        await api.post("packages/tiny", json=package)
        found = (await api.get(f"admissions/{made['id']}")).json()
    assert found == made


async def test_sessions_end_after_the_seconds_of_their_level(
    database_url: str, hub: HubDouble
) -> None:
    hour = '{"0": 3600}'
    async with (
        running(service, database_url, hub, session_seconds=hour) as booking,
        booking.program(WRITE) as api,
    ):
        guest, member = (await ask(api)).json(), (await ask(api, level="1")).json()
    lasts = datetime.fromisoformat(guest["until"]) - datetime.fromisoformat(guest["admitted_at"])
    assert lasts == timedelta(hours=1)
    assert member["until"] is None


@pytest.mark.parametrize(
    ("who", "make", "see", "see_other", "listed", "release"),
    [
        ("nobody", 401, 401, 401, 401, 401),
        ("no scope", 403, 403, 403, 403, 403),
        ("own", 403, 200, 404, 200, 403),
        ("service", 201, 200, 200, 200, 204),
    ],
)
async def test_who_may_do_what(
    booking: RunningService,
    who: str,
    make: int,
    see: int,
    see_other: int,
    listed: int,
    release: int,
) -> None:
    token = {
        "nobody": None,
        "no scope": booking.hub.token("alice"),
        "own": booking.hub.token("alice", f"{READ}!user=alice", f"{WRITE}!user=alice"),
        "service": booking.hub.token("aglais", READ, WRITE, kind="service"),
    }[who]
    async with booking.program(WRITE) as spawner, booking.api(token) as api:
        hers, his = [(await ask(spawner, account=name)).json() for name in ("alice", "bob")]
        statuses = [
            (await ask(api, server="second")).status_code,
            (await api.get(f"admissions/{hers['id']}")).status_code,
            (await api.get(f"admissions/{his['id']}")).status_code,
            (await api.get("admissions")).status_code,
            (await api.post(f"admissions/{his['id']}/release")).status_code,
        ]
    assert statuses == [make, see, see_other, listed, release]


async def test_one_sees_ones_own_admissions_only(booking: RunningService) -> None:
    token = booking.hub.token("alice", f"{READ}!user=alice")
    async with booking.program(WRITE) as spawner, booking.api(token) as api:
        for name in ("alice", "bob"):
            await ask(spawner, account=name)
        seen = (await api.get("admissions")).json()
        hidden = await api.get("admissions?account=bob")
    assert [one["account"] for one in seen] == ["alice"]
    assert (hidden.status_code, READ in hidden.json()["message"]) == (403, True)


async def test_the_client_reads_a_list_in_parts_with_its_filter(booking: RunningService) -> None:
    client = BookingClient(f"{booking.url}api/", booking.hub.token("aglais", READ, WRITE))
    for server in ("", "b", "c"):
        await client.admit(AdmissionRequest(account="alice", level=0, server=server))
    listed = await client.list(Admission, "admissions", account="alice", limit=1)
    with pytest.raises(Unavailable) as refused:
        await client.admit(AdmissionRequest(account="bob", level=0))
    await client.close()
    assert {one.server for one in listed} == {"", "b", "c"}
    assert (refused.value.code, refused.value.retry_after) == ("no-room", 60)


async def test_a_long_list_has_no_offset_and_its_page_leads_on(booking: RunningService) -> None:
    async with booking.program(READ, WRITE) as api, booking.browser("olga", READ) as browser:
        for name in ("alice", "bob", "carol"):
            await ask(api, account=name)
        first = await api.get("admissions", params={"limit": 2})
        whole = await api.get("admissions")
        offset = await api.get("admissions", params={"offset": 1})
        page = await browser.get("admissions", params={"limit": 2})
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        assert following is not None
        last = await browser.get(httpx.URL(booking.url).join(unescape(following[1])))
    assert ("X-Total-Count" in first.headers, whole.headers["X-Total-Count"]) == (False, "3")
    assert (offset.status_code, "Link" in offset.json()["message"]) == (400, True)
    assert [name in page.text for name in ("alice", "bob", "carol")] == [False, True, True]
    assert [name in last.text for name in ("alice", "bob", "carol")] == [True, False, False]
    assert "To the first" in last.text
    assert 'rel="next"' not in last.text


async def test_sessions_that_the_hub_does_not_know_are_released(
    booking: RunningService, hub: HubDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = {"name": "", "ready": True, "stopped": False}
    hub.users["alice"] = {"name": "alice", "servers": {"": server}}
    hub.users["bob"] = {"name": "bob", "servers": {"": server | {"stopped": True}}}
    async with booking.program(READ, WRITE) as api:
        for name in ("alice", "bob", "carol"):
            await ask(api, account=name)
        await Reaper(booking.process.manager).sweep()
        settling = len((await api.get("admissions")).json())
        config = booking.process.manager.config.model_copy(update={"settle_seconds": 0})
        monkeypatch.setattr(booking.process.manager, "config", config)
        await Reaper(booking.process.manager).sweep()
        left = [one["account"] for one in (await api.get("admissions")).json()]
    assert (settling, left) == (3, ["alice"])


@pytest.mark.parametrize(
    ("level", "packages", "asked", "got"),
    [
        ("1", "tiny, small", "tiny", "tiny"),
        ("1", "medium", "medium", "medium"),  # by its own list, above what its level may
        ("1", "tiny, medium", "small", None),  # and not what its level may
        ("1", "none", "tiny", None),
        ("1", "small, large", "", "small"),
        ("1", "tiny, large", "", "tiny"),  # the largest that is no larger than the usual one
        ("0", "medium, large", "", "medium"),  # none is: the smallest
        ("1", "gone, tiny", "", "tiny"),
        ("1", "none", "", None),
        ("1", "gone", "", None),
    ],
)
async def test_an_account_starts_what_it_may(
    database_url: str, hub: HubDouble, level: str, packages: str, asked: str, got: str | None
) -> None:
    machine = {"embedded_cores": 64, "embedded_memory_bytes": 512 * GIB}
    async with (
        running(service, database_url, hub, **machine) as booking,
        booking.program(WRITE) as api,
    ):
        answer = await ask(api, level=level, packages=packages, package=asked)
    if got is None:
        assert (answer.status_code, answer.json()["code"]) == (403, "package-not-allowed")
        assert "alice may start" in answer.json()["message"]
    else:
        assert (answer.status_code, answer.json().get("package")) == (201, got)


async def test_what_would_fit_instead_is_only_what_the_account_may(booking: RunningService) -> None:
    async with booking.program(WRITE) as api:
        large = await ask(api, level="1", packages="large, tiny", package="large")
        small = await ask(api, level="1", packages="large, small", package="large")
    assert large.json()["message"].endswith("This would fit: tiny.")
    assert small.json()["message"].endswith("This would fit: small.")


async def test_an_account_has_so_many_sessions_at_once(booking: RunningService) -> None:
    async with booking.program(READ, WRITE) as api:
        first = await ask(api, session_count="2")
        second = await ask(api, session_count="2", server="two")
        third = await ask(api, session_count="2", server="three")
        again = await ask(api, session_count="2", server="two")
        other = await ask(api, account="bob", session_count="1")
        await api.post(f"admissions/{first.json()['id']}/release")
        later = await ask(api, session_count="2", server="three")
    assert [one.status_code for one in (first, second, third, again, other, later)] == [
        201, 201, 409, 201, 201, 201,
    ]  # fmt: skip
    assert third.json()["code"] == "session-limit"
    assert "alice has 2 running (the usual one, two)" in third.json()["message"]


async def test_sessions_asked_for_at_once_are_counted_one_by_one(
    database_url: str, hub: HubDouble
) -> None:
    machine = {"embedded_cores": 64, "embedded_memory_bytes": 512 * GIB}
    async with (
        running(service, database_url, hub, **machine) as booking,
        booking.program(READ, WRITE) as api,
    ):
        asked = (ask(api, session_count="3", server=f"server-{n}") for n in range(20))
        codes = [answer.status_code for answer in await asyncio.gather(*asked)]
        listed = (await api.get("admissions")).json()
    assert sorted(codes) == [201] * 3 + [409] * 17
    assert len(listed) == 3
