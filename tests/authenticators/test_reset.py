"""A forgotten password."""

from __future__ import annotations

import pytest

from tests.support.accounts import ADDRESS, PASSWORD
from tests.support.doors import Doors, Visitor

pytestmark = pytest.mark.slow

NEW = "another horse, another battery"


async def ask(visitor: Visitor, address: str = ADDRESS) -> None:
    """Say that the password is forgotten."""
    await visitor.open("reset")
    await visitor.send("reset", address=address)


async def test_a_new_password_logs_in_here_and_logs_out_everywhere_else(
    doors: Doors, visitor: Visitor
) -> None:
    await doors.world.member(name="alice")
    async with doors.visitor() as thief:
        await thief.open("login")
        await thief.send("login/password", address=ADDRESS, password=PASSWORD)
        assert await thief.who() == "alice"
        await ask(visitor)
        await visitor.open(f"reset/{await doors.world.code_to(ADDRESS)}")
        assert await thief.who() == "alice", "a scanner's GET does nothing"
        path = f"reset/{await doors.world.code_to(ADDRESS)}"
        answer = await visitor.send(path, password=NEW)
        assert answer.headers["Location"] == "/hub/spawn"
        assert await visitor.who() == "alice"
        assert await thief.who() is None
        await thief.open("login")
        answer = await thief.send("login/password", address=ADDRESS, password=PASSWORD)
        assert answer.status_code == 403
    async with doors.visitor() as other:
        await other.open("login")
        await other.send("login/password", address=ADDRESS, password=NEW)
        assert await other.who() == "alice"


async def test_logins_at_services_end_and_tokens_that_were_made_on_purpose_stay(
    doors: Doors, visitor: Visitor
) -> None:
    from jupyterhub import orm

    await doors.world.member(name="alice")
    await visitor.open("login")
    await visitor.send("login/password", address=ADDRESS, password=PASSWORD)
    db = doors.hub.app.db
    alice = orm.User.find(db, "alice")
    orm.APIToken.new(user=alice, session_id="other", note="login at a service", scopes=[])
    orm.APIToken.new(user=alice, note="made on purpose", scopes=[])
    await ask(visitor)
    path = f"reset/{await doors.world.code_to(ADDRESS)}"
    await visitor.open(path)
    await visitor.send(path, password=NEW)
    assert await visitor.who() == "alice"
    db.expire_all()
    notes = [token.note for token in db.query(orm.APIToken).filter_by(user_id=alice.id)]
    assert "made on purpose" in notes
    assert "login at a service" not in notes


async def test_the_page_is_the_same_whoever_has_the_address(doors: Doors, visitor: Visitor) -> None:
    await doors.world.member(name="alice")
    said = []
    for address in (ADDRESS, "nobody@example.org"):
        await ask(visitor, address)
        page = visitor.page
        assert page is not None
        said.append((page.status_code, page.text.replace(address, "")))
    assert said[0] == said[1]
    assert said[0][0] == 200
    assert not [mail for mail in await doors.world.outbox() if mail.address == "nobody@example.org"]


async def test_a_code_works_once_and_a_weak_password_uses_none(
    doors: Doors, visitor: Visitor
) -> None:
    await doors.world.member(name="alice")
    await ask(visitor)
    path = f"reset/{await doors.world.code_to(ADDRESS)}"
    await visitor.open(path)
    for weak, said in (("password1", "easy to guess"), ("", "at most 1000")):
        page = await visitor.send(path, password=weak)
        assert page.status_code == 400
        assert said in page.text
    await visitor.send(path, password=NEW)
    assert await visitor.who() == "alice"
    await visitor.open(path)
    page = await visitor.send(path, password="yet another horse, and battery")
    assert page.status_code == 404
    assert "Ask for another mail" in page.text


@pytest.mark.parametrize("code", ["abc", "x" * 500, "a/b"])
async def test_a_link_that_is_none_of_ours_says_what_to_do(visitor: Visitor, code: str) -> None:
    await visitor.open(f"reset/{code}")
    page = await visitor.send(f"reset/{code}", password=NEW)
    assert page.status_code == 404
    assert "cannot be used" in page.text


async def test_what_is_no_address_is_said_so(visitor: Visitor) -> None:
    await ask(visitor, "alice")
    assert visitor.page is not None
    assert visitor.page.status_code == 400
    assert "whole e-mail address" in visitor.page.text
