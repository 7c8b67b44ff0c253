"""Login tokens: a URL of another site logs somebody in, once."""

from __future__ import annotations

import asyncio

import pytest

from aglais_hub.models.identities import LoginTokenRequest
from tests.support.accounts import PASSWORD
from tests.support.doors import Doors, Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
async def members(doors: Doors) -> None:
    """Alice and Bob."""
    for name in ("alice", "bob"):
        await doors.world.member(f"{name}@example.org", name=name)


async def token_url(doors: Doors, name: str, **wanted: str) -> str:
    """Return the path of a fresh URL, below the Hub."""
    token = await doors.world.client.login_token(name, LoginTokenRequest(**wanted))
    return token.url.partition("/hub/")[2]


async def log_in(visitor: Visitor, name: str) -> None:
    await visitor.open("login")
    await visitor.send("login/password", address=f"{name}@example.org", password=PASSWORD)
    assert await visitor.who() == name


async def test_a_token_logs_in_once(doors: Doors, visitor: Visitor, members: None) -> None:
    url = await token_url(doors, "alice", next="/services/booking/pools")
    answer = await visitor.open(url)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/services/booking/pools")
    assert await visitor.who() == "alice"
    async with doors.visitor() as other:
        page = await other.open(url)
        assert page.status_code == 404
        assert "go back to where you came from" in page.text
        assert await other.who() is None


async def test_the_code_is_not_passed_on(doors: Doors, visitor: Visitor, members: None) -> None:
    answer = await visitor.open(await token_url(doors, "alice"))
    assert answer.headers["Location"] == "/hub/spawn"


async def test_of_many_who_come_with_a_token_one_is_let_in(doors: Doors, members: None) -> None:
    url = await token_url(doors, "alice")
    async with doors.visitor() as visitor:
        answers = await asyncio.gather(*(visitor.http.get(url) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [302] + [404] * 19


async def test_who_is_here_as_the_same_one_goes_on(
    doors: Doors, visitor: Visitor, members: None
) -> None:
    await log_in(visitor, "alice")
    answer = await visitor.open(await token_url(doors, "alice", next="/services/booking/"))
    assert answer.headers["Location"] == "/services/booking/"


async def test_who_is_here_as_another_one_is_asked(
    doors: Doors, visitor: Visitor, members: None
) -> None:
    await log_in(visitor, "bob")
    page = await visitor.open(await token_url(doors, "alice", next="/services/booking/"))
    assert page.status_code == 200
    assert "Log in as alice?" in page.text
    assert await visitor.who() == "bob"
    answer = await visitor.send("enter")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/services/booking/")
    assert await visitor.who() == "alice"


async def test_the_question_is_answered_once_and_in_the_same_browser(
    doors: Doors, visitor: Visitor, members: None
) -> None:
    await log_in(visitor, "bob")
    await visitor.open(await token_url(doors, "alice"))
    async with doors.visitor() as other:
        await log_in(other, "bob")
        sent = {"_xsrf": other.http.cookies["_xsrf"]}
        assert (await other.http.post("enter", data=sent)).status_code == 404
        assert await other.who() == "bob"
    await visitor.send("enter")
    await visitor.open("logout")
    await log_in(visitor, "bob")
    sent = {"_xsrf": visitor.http.cookies["_xsrf"]}
    assert (await visitor.http.post("enter", data=sent)).status_code == 404
    assert await visitor.who() == "bob"


async def test_a_guest_is_told_what_is_lost(doors: Doors, visitor: Visitor, members: None) -> None:
    await visitor.open("login")
    await visitor.send("login/guest")
    page = await visitor.open(await token_url(doors, "alice"))
    assert "You are here as a guest" in page.text
    await visitor.send("enter")
    assert await visitor.who() == "alice"


@pytest.mark.parametrize("query", ["", "?code=", "?code=abc", "?code=" + "x" * 300, "?token=abc"])
async def test_what_is_no_token_says_what_to_do(visitor: Visitor, query: str) -> None:
    page = await visitor.open(f"enter{query}")
    assert page.status_code == 404
    assert "cannot be used" in page.text
    assert "/hub/login" in page.text


@pytest.mark.parametrize("purpose", ["other"])
async def test_a_token_for_another_purpose_is_no_login(
    doors: Doors, visitor: Visitor, members: None, purpose: str
) -> None:
    assert (await visitor.open(await token_url(doors, "alice", purpose=purpose))).status_code == 404
    assert await visitor.who() is None


async def test_other_codes_are_no_tokens(doors: Doors, visitor: Visitor, members: None) -> None:
    await doors.world.sign_up("carol@example.org", name="carol")
    code = await doors.world.code_to("carol@example.org")
    assert (await visitor.open(f"enter?code={code}")).status_code == 404
    url = await token_url(doors, "alice")
    token = url.partition("code=")[2]
    assert (await visitor.open(f"confirm/{token}")).status_code == 404
    assert await visitor.who() is None


async def test_who_is_leaving_is_not_let_in(doors: Doors, visitor: Visitor, members: None) -> None:
    url = await token_url(doors, "alice")
    await doors.world.client.leave("alice", "on request")
    page = await visitor.open(url)
    assert page.status_code == 409
    assert "being erased" in page.text
    assert await visitor.who() is None
