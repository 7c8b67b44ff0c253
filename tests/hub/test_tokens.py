"""Who holds a token: what a service believes, for how long, and what it costs the Hub."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from jupyterhub.services.auth import HubOAuth

from aglais_accounts import service as accounts
from aglais_hub.errors import Forbidden, Unavailable
from aglais_hub.identity import Actor, scope
from aglais_hub.web.guesses import GUESSES, PERIOD_SECONDS, TooManyTokensError
from aglais_hub.web.tokens import BELIEVED_SECONDS, LONGEST_TOKEN, TokenBook
from tests.support.hub import HubDouble
from tests.support.services import SECRET, RunningService, running

ADDRESS = "192.0.2.1"


@dataclass
class Clock:
    """A clock that stands still."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def book_of(hub: HubDouble, clock: Clock, **options: Any) -> TokenBook:
    auth = HubOAuth(api_url=hub.url, api_token="own", oauth_client_id="x")
    auth.access_scopes = {"access:services", "access:services!service=x"}
    return TokenBook(auth, clock=clock, **options)


@pytest.fixture
def book(hub: HubDouble, clock: Clock) -> TokenBook:
    return book_of(hub, clock)


async def test_the_hub_is_asked_once_and_believed_for_five_seconds(
    book: TokenBook, hub: HubDouble, clock: Clock
) -> None:
    token = hub.token("alice", "read:x")
    for _ in range(100):
        found = await book.actor(token, ADDRESS)
    assert found == Actor("alice", "user", frozenset({"read:x", "access:services"}))
    assert hub.asked == [token]
    clock.now += BELIEVED_SECONDS
    await book.actor(token, ADDRESS)
    assert hub.asked == [token]
    clock.now += 0.001
    await book.actor(token, ADDRESS)
    assert hub.asked == [token, token]


async def test_a_revocation_and_a_new_right_are_seen_after_five_seconds(
    book: TokenBook, hub: HubDouble, clock: Clock
) -> None:
    token = hub.token("alice")
    await book.actor(token)
    hub.tokens[token]["scopes"] = ["read:x", "access:services"]
    clock.now += BELIEVED_SECONDS + 0.001
    found = await book.actor(token)
    assert found is not None
    assert "read:x" in found.scopes
    del hub.tokens[token]
    clock.now += BELIEVED_SECONDS + 0.001
    assert await book.actor(token) is None


async def test_the_time_counts_from_the_question_not_from_the_answer(
    book: TokenBook, hub: HubDouble, clock: Clock
) -> None:
    token = hub.token("alice")

    async def takes_three_seconds_after_it_has_looked(_token: str) -> None:
        clock.now += 3

    hub.takes = takes_three_seconds_after_it_has_looked
    assert await book.actor(token) is not None
    del hub.tokens[token]
    clock.now += BELIEVED_SECONDS - 3 + 0.001
    assert await book.actor(token) is None


async def test_who_comes_at_once_shares_one_question(book: TokenBook, hub: HubDouble) -> None:
    token = hub.token("alice")
    found = await asyncio.gather(*(book.actor(token, ADDRESS) for _ in range(200)))
    assert {actor.name for actor in found if actor} == {"alice"}
    assert hub.asked == [token]


async def test_who_goes_away_does_not_take_the_answer_along(
    book: TokenBook, hub: HubDouble
) -> None:
    token, answers = hub.token("alice"), asyncio.Event()

    async def waits(_token: str) -> None:
        await answers.wait()

    hub.takes = waits
    first, second = (asyncio.create_task(book.actor(token)) for _ in range(2))
    await asyncio.sleep(0.05)
    first.cancel()
    answers.set()
    found = await second
    assert found is not None
    assert hub.asked == [token]


async def test_nobody_is_taken_for_somebody_else(book: TokenBook, hub: HubDouble) -> None:
    """Many people at once, whose answers overtake each other."""
    tokens = {hub.token(f"user-{n}"): f"user-{n}" for n in range(60)}
    hub.takes = lambda _token: asyncio.sleep(random.random() / 20)
    wanted = list(tokens) * 5
    random.shuffle(wanted)
    for _ in range(3):
        found = await asyncio.gather(*(book.actor(token) for token in wanted))
        assert [actor and actor.name for actor in found] == [tokens[token] for token in wanted]
    assert sorted(hub.asked) == sorted(tokens)


async def test_an_unknown_token_costs_the_hub_one_question(
    book: TokenBook, hub: HubDouble, clock: Clock
) -> None:
    for _ in range(100):
        assert await book.actor("wrong", ADDRESS) is None
    assert hub.asked == ["wrong"]
    clock.now += BELIEVED_SECONDS + 0.001
    assert await book.actor("wrong", ADDRESS) is None
    assert len(hub.asked) == 2


@pytest.mark.parametrize("token", ["", "é" * 20, "a\nb", "x" * (LONGEST_TOKEN + 1), "\ud800"])
async def test_what_is_no_token_is_not_asked_about(
    book: TokenBook, hub: HubDouble, token: str
) -> None:
    assert await book.actor(token, ADDRESS) is None
    assert hub.asked == []


async def test_guessing_is_stopped_by_address_and_harms_nobody_who_was_known(
    book: TokenBook, hub: HubDouble, clock: Clock
) -> None:
    known, fresh = hub.token("alice"), hub.token("bob")
    await book.actor(known, ADDRESS)
    tried = await asyncio.gather(
        *(book.actor(f"guess-{n}", ADDRESS) for n in range(200)), return_exceptions=True
    )
    refused = [answer for answer in tried if isinstance(answer, TooManyTokensError)]
    assert (len(hub.asked), len(refused)) == (1 + GUESSES, 200 - GUESSES)
    assert refused[0].retry_after is not None
    with pytest.raises(TooManyTokensError):
        await book.actor(fresh, ADDRESS)
    clock.now += BELIEVED_SECONDS + 0.001
    assert await book.actor(known, ADDRESS) is not None
    assert await book.actor(fresh, "192.0.2.2") is not None
    assert await book.actor(hub.token("carol")) is not None  # of a signed cookie
    clock.now += PERIOD_SECONDS
    assert await book.actor(fresh, ADDRESS) is not None


async def test_a_class_that_logs_in_at_once_is_not_taken_for_guessing(
    book: TokenBook, hub: HubDouble
) -> None:
    tokens = [hub.token(f"pupil-{n}") for n in range(GUESSES * 3)]
    for token in tokens:
        assert await book.actor(token, ADDRESS) is not None


async def test_memory_is_bounded_and_guesses_push_out_nobody(hub: HubDouble, clock: Clock) -> None:
    book = book_of(hub, clock, limit=20)
    known = hub.token("alice")
    await book.actor(known)
    for n in range(100):
        await book.actor(f"guess-{n}", f"192.0.2.{n}")
    await book.actor(known)
    assert hub.asked.count(known) == 1
    for n in range(100):
        token = hub.token(f"user-{n}")
        await book.actor(token)
        book.see(f"x={token}", token)
    sizes = [
        len(recent.held)
        for recent in (
            book._known,
            book._unknown,
            book._were_good,
            book._by_cookies,
            book._guesses._counted,
        )
    ]
    assert max(sizes) <= 20
    assert book._asking == {}


async def test_cookies_are_known_as_long_as_their_token(
    book: TokenBook, hub: HubDouble, clock: Clock
) -> None:
    token, outside = hub.token("alice"), hub.token("mallory", access=False)
    book.see("x=1", token)
    assert book.seen("x=1") is None
    await book.actor(token)
    book.see("x=1", token)
    with pytest.raises(Forbidden):
        await book.actor(outside)
    book.see("x=2", outside)
    assert [seen and seen.name for seen in map(book.seen, ("x=1", "x=2", "x=", ""))] == [
        "alice", None, None, None,
    ]  # fmt: skip
    clock.now += BELIEVED_SECONDS + 0.001
    assert book.seen("x=1") is None


async def test_who_may_not_use_the_service_is_told_so_each_time(
    book: TokenBook, hub: HubDouble
) -> None:
    token = hub.token("mallory", access=False)
    for _ in range(2):
        with pytest.raises(Forbidden, match="mallory needs the scope access:services"):
            await book.actor(token)
    assert hub.asked == [token]


@pytest.mark.parametrize("ails", [500, 503, 404, 302, 429])
async def test_known_tokens_outlast_an_ailing_hub_for_five_seconds_and_no_longer(
    book: TokenBook, hub: HubDouble, clock: Clock, ails: int
) -> None:
    known, fresh = hub.token("alice"), hub.token("bob")
    await book.actor(known)
    hub.ails = ails
    clock.now += BELIEVED_SECONDS
    assert await book.actor(known) is not None
    with pytest.raises(Unavailable):
        await book.actor(fresh)
    clock.now += 0.001
    with pytest.raises(Unavailable) as refused:
        await book.actor(known)
    assert refused.value.retry_after
    hub.ails = 0
    assert await book.actor(known) is not None
    assert await book.actor(fresh) is not None


async def test_an_answer_that_names_nobody_lets_nobody_in(book: TokenBook, hub: HubDouble) -> None:
    token = hub.token("alice")
    del hub.tokens[token]["name"]
    with pytest.raises(Unavailable):
        await book.actor(token)


async def test_no_token_is_kept_or_logged(
    book: TokenBook, hub: HubDouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = hub.token("alice")
    await book.actor(token)
    hub.ails = 500
    with pytest.raises(Unavailable):
        await book.actor("another-secret", ADDRESS)
    kept = repr([vars(part) for part in (book, book._known, book._unknown, book._guesses)])
    for text in (kept, caplog.text):
        assert token not in text
        assert "another-secret" not in text


@pytest.fixture
async def at_work(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    async with running(accounts, database_url, hub) as service:
        yield service


async def test_a_service_asks_once_for_requests_that_come_at_once(
    at_work: RunningService,
) -> None:
    reader = at_work.hub.token("reader", scope("read", "accounts"), kind="service")
    async with at_work.api(reader) as client:
        answers = await asyncio.gather(*(client.get("levels") for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}
    assert at_work.hub.asked == [reader]


async def test_nobody_guesses_in_the_name_of_somebody_else(at_work: RunningService) -> None:
    """The proxy adds who it was to X-Forwarded-For, and passes the rest on as it was sent."""
    reader = at_work.hub.token("reader", scope("read", "accounts"), kind="service")

    async def ask(token: str, **headers: str) -> int:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"token {token}"
        async with httpx.AsyncClient(base_url=at_work.url, headers=sent) as client:
            return (await client.get("api/levels")).status_code

    seen = set()
    for n in range(GUESSES):
        spoofed, real = f"198.51.100.{n}", f"{ADDRESS}, 192.0.2.99"
        seen.add(await ask(f"guess-{n}", X_Real_Ip=ADDRESS, X_Forwarded_For=real))
        seen.add(await ask(f"guess-{n}", X_Real_Ip=spoofed, X_Forwarded_For=real))
    assert seen == {401}
    assert await ask("one more", X_Real_Ip="198.51.100.9", X_Forwarded_For="192.0.2.99") == 429
    behind = "192.0.2.99, 127.0.0.1"
    assert await ask("one more", X_Forwarded_For=behind) == 429, "a proxy here is not who asks"
    assert await ask(reader, X_Forwarded_For=ADDRESS) == 200


async def test_two_people_in_one_process_see_their_own_whatever_way_they_come(
    at_work: RunningService,
) -> None:
    own = scope("read", "accounts")
    async with at_work.program(scope("write", "accounts")) as program:
        for name in ("alice", "bob"):
            made = await program.post("accounts", json={"name": name})
            assert made.status_code == 201
    tokens = {name: at_work.hub.token(name, f"{own}!user={name}") for name in ("alice", "bob")}
    async with (
        at_work.browser("alice", f"{own}!user=alice") as alice,
        at_work.browser("bob", f"{own}!user=bob") as bob,
        httpx.AsyncClient(base_url=at_work.url) as bare,
    ):
        for _ in range(3):
            for name, browser in (("alice", alice), ("bob", bob)):
                other = "bob" if name == "alice" else "alice"
                header = {"Authorization": f"token {tokens[name]}"}
                assert (await browser.get(f"accounts/{name}")).status_code == 200
                assert (await browser.get(f"accounts/{other}")).status_code == 403
                seen = await bare.get("api/accounts", headers=header)
                assert [account["name"] for account in seen.json()] == [name]
                # A token that was sent decides; the cookie of somebody else does not.
                seen = await browser.get(
                    "api/accounts", headers={"Authorization": f"token {tokens[other]}"}
                )
                assert [account["name"] for account in seen.json()] == [other]
                lost = await browser.get("api/accounts", headers={"Authorization": "token no"})
                assert lost.status_code == 401


@pytest.mark.slow
async def test_a_service_sees_a_revocation_within_five_seconds(at_work: RunningService) -> None:
    """By token and by cookie, in real time, under steady requests."""
    scopes = (scope("read", "accounts"),)
    token = at_work.hub.token("alice", *scopes)
    async with at_work.api(token) as client, at_work.browser("alice", *scopes) as browser:
        assert (await client.get("accounts")).status_code == 200
        assert (await browser.get("levels")).status_code == 200
        at_work.hub.tokens.clear()
        revoked = asyncio.get_running_loop().time()
        seen: dict[str, float] = {}
        while len(seen) < 2 and asyncio.get_running_loop().time() < revoked + 10:
            for way, answer, status in (
                ("token", await client.get("accounts"), 401),
                ("cookie", await browser.get("levels"), 302),
            ):
                if answer.status_code == status:
                    seen.setdefault(way, asyncio.get_running_loop().time() - revoked)
            await asyncio.sleep(0.05)
        assert max(seen.values()) <= BELIEVED_SECONDS + 0.5
        assert seen.keys() == {"token", "cookie"}
        gone = await browser.get("levels")
    # The cookie is good for nothing any more and is taken back.
    assert accounts.name not in gone.cookies


async def test_a_hub_that_is_away_is_told_as_such_and_lets_nobody_in(
    at_work: RunningService,
) -> None:
    at_work.hub.ails = 503
    token = at_work.hub.token("alice", scope("read", "accounts"))
    async with at_work.api(token) as client, at_work.browser("alice") as browser:
        answer, page = await client.get("accounts"), await browser.get("levels")
    for refused in (answer, page):
        assert refused.status_code == 503
        assert refused.headers["Retry-After"].isdigit()
    assert answer.json()["code"] == "unavailable"
    assert "Hub" in page.text


async def test_a_forged_cookie_is_not_even_asked_about(at_work: RunningService) -> None:
    from tornado.web import create_signed_value

    token = at_work.hub.token("alice", scope("read", "accounts"))
    for value in (
        create_signed_value(b"another" + SECRET, "accounts", token).decode(),
        create_signed_value(SECRET, "booking", token).decode(),
        token,
    ):
        async with httpx.AsyncClient(
            base_url=at_work.url, cookies={accounts.name: value}
        ) as browser:
            assert (await browser.get("levels")).status_code == 302
    assert at_work.hub.asked == []


async def test_a_token_in_the_address_is_none(at_work: RunningService) -> None:
    token = at_work.hub.token("alice", scope("read", "accounts"))
    async with httpx.AsyncClient(base_url=at_work.url) as client:
        for headers in ({}, {"Sec-Fetch-Mode": "websocket"}):
            answer = await client.get(f"api/accounts?token={token}", headers=headers)
            assert answer.status_code == 401, headers


MODES = ("navigate", "cors", "no-cors", "same-origin", "websocket", "nested-navigate", None)
SITES = ("same-origin", "same-site", "cross-site", "none", None)


@pytest.mark.parametrize("method", ["get", "post"])
async def test_a_cookie_alone_opens_page_views_only_in_every_fetch_mode(
    at_work: RunningService, method: str
) -> None:
    """Other pages of the same origin, such as notebooks, send cookies along, too."""
    scopes = at_work.process.service.scopes
    async with at_work.browser("olga", *scopes) as browser, at_work.browser("olga", *scopes) as new:
        await browser.get("levels")
        token = browser.cookies["_xsrf"]
        for mode in MODES:
            for site in SITES:
                given = {"Sec-Fetch-Mode": mode, "Sec-Fetch-Site": site}
                headers = {name: value for name, value in given.items() if value}
                for one in (new, browser):  # one that was not seen yet, and one that was
                    bare = await one.request(method, "api/levels/0", headers=headers)
                    is_view = method == "get" and mode in {"navigate", None}
                    embedded = method == "get" and (mode, site) == ("no-cors", "same-origin")
                    allowed = (200,) if is_view or embedded else (401, 403)
                    assert bare.status_code in allowed, (mode, site)
                if mode != "websocket":
                    sent = headers | {"X-Xsrftoken": token}
                    right = await browser.request(method, "api/levels/0", headers=sent)
                    assert right.status_code in {200, 400}, (mode, site)
