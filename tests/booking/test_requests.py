"""Requests for more resources: asked for, talked about, decided on; over REST and as pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from aglais_booking import service
from aglais_booking.rules.requests import MOST_ANSWERS, MOST_OPEN
from aglais_hub.identity import scope
from aglais_hub.models.capacities import Answer
from tests.booking.booked import soon
from tests.support.hub import HubDouble
from tests.support.pages import form_of
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "requests"), scope("write", "requests")
POOLS = scope("read", "pools"), scope("write", "pools")
ADMIN = (READ, WRITE, *POOLS)
GIB = 2**30


@pytest.fixture
async def booking(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    machine = {"embedded_cores": 2, "embedded_memory_bytes": 8 * GIB}
    async with running(service, database_url, hub, **machine) as service_:
        yield service_


def own(name: str) -> tuple[str, ...]:
    """Return what everybody holds for their own requests."""
    return (f"{READ}!user={name}", f"{WRITE}!user={name}", POOLS[0])


def member(booking: RunningService, name: str) -> httpx.AsyncClient:
    return booking.api(booking.hub.token(name, *own(name)))


def admin(booking: RunningService) -> httpx.AsyncClient:
    return booking.api(booking.hub.token("ada", *ADMIN))


def wanted(**given: str) -> dict[str, str]:
    usual = {
        "title": "Summer school", "why": "Forty students,\nfor two days.", "cores": "1",
        "memory_bytes": "4 GiB", "starts_at": soon(24).isoformat(), "ends_at": soon(48).isoformat(),
    }  # fmt: skip
    return usual | given


def less(**given: str) -> dict[str, str]:
    usual = {name: value for name, value in wanted().items() if name not in {"title", "why"}}
    return usual | {"pool": "embedded"} | given


async def cores(booking: RunningService, hour: int = 30) -> float:
    async with booking.program(POOLS[0]) as api:
        answer = await api.get("pools/embedded/timeline", params={"by": "hour"})
    return float(answer.json()["slots"][hour]["bookable"]["cores"])


async def test_a_request_that_is_approved_becomes_an_allocation(booking: RunningService) -> None:
    before = await cores(booking)
    async with member(booking, "alice") as alice, admin(booking) as ada:
        made = await alice.post("requests", data=wanted())
        url = made.headers["Location"].partition("/api/")[2]
        given = less(cores="2", text="Half of it.", ends_at="unbounded")
        approved = await ada.post(f"{url}/approve", data=given)
        seen = (await alice.get(url)).json()
        capacity = (await alice.get(f"capacities/{seen['capacity']}")).json()
        again = [
            await ada.post(f"{url}/approve", data=given),
            await ada.post(f"{url}/refuse", data={"text": "No."}),
            await alice.post(f"{url}/withdraw"),
        ]
        listed = (await ada.get("capacities")).json()
    body = made.json()
    assert (made.status_code, body["state"], body["account"]) == (201, "open", "alice")
    assert approved.json() == seen
    assert (seen["state"], seen["decided_by"]) == ("approved", "ada")
    assert [(one["by"], one["text"]) for one in seen["answers"]] == [("ada", "Half of it.")]
    assert (capacity["source"], capacity["title"]) == ("request", "Summer school")
    assert (capacity["cores"], capacity["ends_at"]) == (2.0, None)
    assert {(one.status_code, one.json()["code"]) for one in again} == {(409, "request-decided")}
    assert "was approved by ada" in again[0].json()["message"]
    assert listed == [capacity]
    assert await cores(booking) == before + 6  # 2 cores, promised 4 times, a quarter kept


async def test_who_asked_is_told_what_others_say(booking: RunningService) -> None:
    async with member(booking, "alice") as alice, admin(booking) as ada:
        one, two = [
            f"requests/{(await alice.post('requests', data=wanted())).json()['id']}"
            for _ in range(2)
        ]
        await alice.post(f"{one}/answer", data={"text": "To myself."})
        await ada.post(f"{one}/answer", data={"text": "Sure?"})
        approved = await ada.post(f"{one}/approve", data=less(gpus="1"))
        await ada.post(f"{two}/refuse", data={"text": "Not twice."})
    async with booking.process.manager.reading() as stores:
        notices = await stores.notices.due(soon(1), 10)
    told = {notice.subject: notice.text for notice in notices}
    assert approved.status_code == 200, approved.text
    assert {notice.account for notice in notices} == {"alice"}
    assert set(told) == {
        "There is an answer to your request Summer school",
        "Your request Summer school was approved",
        "Your request Summer school was refused",
    }
    assert "Sure?" in told["There is an answer to your request Summer school"]
    assert "Pool embedded has so much more" in told["Your request Summer school was approved"]
    assert "1 cores, 4 GiB of memory, 1 GPUs" in told["Your request Summer school was approved"]
    assert f"services/booking/{two}" in told["Your request Summer school was refused"]


async def test_two_admins_at_once_give_once(booking: RunningService) -> None:
    before = await cores(booking)
    async with member(booking, "alice") as alice, admin(booking) as ada:
        made = (await alice.post("requests", data=wanted())).json()
        url = f"requests/{made['id']}/approve"
        answers = await asyncio.gather(*(ada.post(url, data=less()) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [200] + [409] * 7
    assert await cores(booking) == before + 3


async def test_an_approval_that_cannot_be_leaves_the_request_open(booking: RunningService) -> None:
    wrong = [
        less(pool="nothing"), less(cores="0", memory_bytes="0"), less(ends_at="2026-01-01T00:00"),
        less(starts_at=soon(72).isoformat()), less(cores="-1"),
    ]  # fmt: skip
    async with member(booking, "alice") as alice, admin(booking) as ada:
        made = (await alice.post("requests", data=wanted())).json()
        url = f"requests/{made['id']}"
        answers = [await ada.post(f"{url}/approve", data=one) for one in wrong]
        seen = (await alice.get(url)).json()
        listed = (await ada.get("capacities")).json()
    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (404, "not-found"), (400, "nothing-asked"), (400, "span-in-past"),
        (400, "end-before-start"), (400, "invalid-request"),
    ]  # fmt: skip
    assert (seen, listed) == (made, [])


async def test_a_request_is_talked_about_and_refused(booking: RunningService) -> None:
    async with member(booking, "alice") as alice, admin(booking) as ada:
        url = f"requests/{(await alice.post('requests', data=wanted())).json()['id']}"
        await ada.post(f"{url}/answer", data={"text": "Would one day do?"})
        await alice.post(f"{url}/answer", data={"text": "No."})
        empty = await alice.post(f"{url}/answer", data={"text": "  "})
        refused = await ada.post(f"{url}/refuse", data={"text": "Then not."})
        silent = await ada.post(f"{url}/refuse", data={})
        last = await alice.post(f"{url}/answer", data={"text": "A pity."})
    said = [(one["by"], one["text"]) for one in last.json()["answers"]]
    assert (empty.status_code, silent.status_code) == (400, 400)
    assert refused.json()["state"] == "refused"
    assert said == [
        ("ada", "Would one day do?"), ("alice", "No."), ("ada", "Then not."), ("alice", "A pity."),
    ]  # fmt: skip


async def test_a_conversation_ends_somewhere(booking: RunningService) -> None:
    async with member(booking, "alice") as alice:
        made = (await alice.post("requests", data=wanted())).json()
        manager = booking.process.manager
        async with manager.writing() as stores:
            for number in range(MOST_ANSWERS):
                at = soon()
                await stores.requests.say(made["id"], Answer(at=at, by="ada", text=str(number)))
        answer = await alice.post(f"requests/{made['id']}/answer", data={"text": "And?"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-answers")


async def test_ones_own_request_is_withdrawn_once(booking: RunningService) -> None:
    async with member(booking, "alice") as alice:
        url = f"requests/{(await alice.post('requests', data=wanted())).json()['id']}"
        first, second = [await alice.post(f"{url}/withdraw") for _ in range(2)]
    assert (first.status_code, first.json()["state"]) == (200, "withdrawn")
    assert second.status_code == 409
    assert "was withdrawn by alice" in second.json()["message"]


async def test_somebody_may_have_so_many_open_requests(booking: RunningService) -> None:
    async with member(booking, "alice") as alice, member(booking, "bob") as bob:
        made = [await alice.post("requests", data=wanted()) for _ in range(MOST_OPEN)]
        refused = await alice.post("requests", data=wanted())
        other = await bob.post("requests", data=wanted())
        await alice.post(f"requests/{made[0].json()['id']}/withdraw")
        later = await alice.post("requests", data=wanted())
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-requests")
    assert (other.status_code, later.status_code) == (201, 201)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"ends_at": "2026-01-01T00:00"}, 400, "end-before-start"),
        ({"starts_at": "2025-01-01T00:00", "ends_at": "2026-01-01T00:00"}, 400, "span-in-past"),
        ({"cores": "0", "memory_bytes": "0 GiB"}, 400, "nothing-asked"),
        ({"cores": "1e308"}, 400, "invalid-request"),
        ({"cores": "-0.5"}, 400, "invalid-request"),
        ({"memory_bytes": "9" * 30}, 400, "invalid-request"),
        ({"why": " \n "}, 400, "invalid-request"),
        ({"why": "x" * 2001}, 400, "invalid-request"),
        ({"ends_at": ""}, 400, "invalid-request"),
        ({"starts_at": "2027-02-29T00:00"}, 400, "invalid-request"),
        ({"pool": "nothing"}, 404, "not-found"),
        ({"account": "bob"}, 400, "invalid-request"),
    ],
)
async def test_a_request_that_cannot_be_meant_is_refused(
    booking: RunningService, changes: dict[str, str], status: int, code: str
) -> None:
    async with member(booking, "alice") as alice:
        answer = await alice.post("requests", data=wanted(**changes))
        listed = (await alice.get("requests")).json()
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert listed == []


async def test_one_sees_ones_own_requests_and_admins_all(booking: RunningService) -> None:
    async with (
        member(booking, "alice") as alice,
        member(booking, "bob") as bob,
        admin(booking) as ada,
    ):
        hers = (await alice.post("requests", data=wanted(title="Hers"))).json()["id"]
        his = (await bob.post("requests", data=wanted(title="His"))).json()["id"]
        await alice.post(f"requests/{hers}/withdraw")
        lists = [(await one.get("requests")).json() for one in (alice, bob, ada)]
        open_ones = (await ada.get("requests", params={"state": "open"})).json()
        named = (await ada.get("requests", params={"account": "alice"})).json()
        odd = await ada.get("requests", params={"state": "great"})
        hidden = [
            (await alice.get("requests", params={"account": "bob"})).status_code,
            (await alice.get(f"requests/{his}")).status_code,
            (await alice.post(f"requests/{his}/answer", data={"text": "Hi"})).status_code,
            (await alice.post(f"requests/{his}/withdraw")).status_code,
            (await bob.post(f"requests/{his}/approve", data=less())).status_code,
            (await bob.post(f"requests/{his}/refuse", data={"text": "No"})).status_code,
        ]
    titles = [[one["title"] for one in listed] for listed in (*lists, open_ones, named)]
    assert titles == [["Hers"], ["His"], ["His", "Hers"], ["His"], ["Hers"]]
    assert odd.status_code == 400
    assert hidden == [403, 404, 404, 404, 403, 403]


async def test_the_same_key_asks_once(booking: RunningService) -> None:
    key = {"Idempotency-Key": "one"}
    async with member(booking, "alice") as alice:
        first, second = [
            (await alice.post("requests", data=wanted(), headers=key)).json() for _ in range(2)
        ]
        listed = (await alice.get("requests")).json()
    assert first == second
    assert len(listed) == 1


async def test_requests_are_asked_for_and_decided_on_pages(booking: RunningService) -> None:
    async with (
        booking.browser("alice", *own("alice")) as alice,
        booking.browser("ada", *ADMIN) as ada,
    ):
        empty = await alice.get("requests")
        typed: dict[str, Any] = form_of(await alice.get("requests/new")) | wanted(title="<i>Sum")
        typed |= {"starts_at": "2031-06-01T00:00", "ends_at": "2031-05-01T00:00"}
        wrong = await alice.post("requests/new", data=typed)
        right = typed | {"ends_at": "2031-07-01T00:00"}
        made, twice = [await alice.post("requests/new", data=right) for _ in range(2)]
        url = made.headers["Location"].removeprefix("/services/booking/")
        hers, theirs = await alice.get(url), await ada.get(url)
        text = {"_xsrf": form_of(theirs)["_xsrf"], "text": "Sure?"}
        answered = await ada.post(f"{url}/answer", data=text)
        form = form_of(await ada.get(f"{url}/approve"))
        unsure = await ada.post(f"{url}/approve", data=form)
        approved = await ada.post(f"{url}/approve", data=form | {"pool": "embedded", "cores": "3"})
        again = await ada.post(f"{url}/approve", data=form | {"pool": "embedded"})
        after = await alice.get(url)
        queue = await ada.get("requests?state=open")
        forbidden = [
            (await alice.get(f"{url}/{verb}")).status_code for verb in ("approve", "refuse")
        ]
    assert "Request more resources" in empty.text
    assert (wrong.status_code, "after the start" in wrong.text) == (400, True)
    assert made.status_code == 303
    assert twice.headers["Location"] == made.headers["Location"]
    assert "&lt;i&gt;Sum" in hers.text
    assert "Forty students," in hers.text
    assert [f"{url}/approve" in page.text for page in (hers, theirs)] == [False, True]
    assert f"{url}/withdraw" in hers.text
    assert answered.status_code == 303
    assert (form["cores"], form["memory_bytes"]) == ("1.0", "4 GiB")
    assert form["starts_at"] == "2031-06-01T00:00:00"
    assert (unsure.status_code, approved.status_code, again.status_code) == (400, 303, 409)
    assert "Sure?" in after.text
    assert "/services/booking/capacities/" in after.text
    assert f"{url}/withdraw" not in after.text
    assert "There are none yet" in queue.text
    assert forbidden == [403, 403]


async def test_a_request_is_withdrawn_on_its_page(booking: RunningService) -> None:
    async with (
        booking.browser("alice", *own("alice")) as alice,
        booking.browser("bob", *own("bob")) as bob,
    ):
        form = form_of(await alice.get("requests/new")) | wanted()
        made = await alice.post("requests/new", data=form)
        url = made.headers["Location"].removeprefix("/services/booking/")
        others = [(await bob.get(f"{url}{verb}")).status_code for verb in ("", "/withdraw")]
        question = await alice.get(f"{url}/withdraw")
        done = await alice.post(f"{url}/withdraw", data=form_of(question))
        again = await alice.post(f"{url}/withdraw", data=form_of(question))
    assert others == [404, 404]
    assert (done.status_code, done.headers["Location"]) == (303, made.headers["Location"])
    assert again.status_code == 409
