"""The door of e-mail and password, and where it leads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.accounts import ADDRESS, PASSWORD, AccountsWorld
from tests.support.doors import Doors, Visitor, doors_of

WRONG = "not the password"


async def log_in(visitor: Visitor, address: str = ADDRESS, password: str = PASSWORD) -> None:
    """Log in by the form of the login page."""
    await visitor.open("login")
    await visitor.send("login/password", address=address, password=password)


async def test_who_has_a_password_logs_in(doors: Doors, visitor: Visitor) -> None:
    await doors.world.member(name="alice")
    await log_in(visitor)
    assert visitor.page is not None
    assert (visitor.page.status_code, visitor.page.headers["Location"]) == (302, "/hub/spawn")
    assert await visitor.who() == "alice"
    assert doors.groups("alice") == {"level-1"}


async def test_the_address_may_be_written_in_capitals(doors: Doors, visitor: Visitor) -> None:
    await doors.world.member(name="alice")
    await log_in(visitor, address=f"  {ADDRESS.upper()} ")
    assert await visitor.who() == "alice"


async def test_nobody_learns_whether_an_address_is_known(doors: Doors, visitor: Visitor) -> None:
    await doors.world.member(name="alice")
    said = []
    for address in (ADDRESS, "nobody@example.org"):
        await log_in(visitor, address, WRONG)
        page = visitor.page
        assert page is not None
        assert page.status_code == 403
        assert 'role="alert"' in page.text
        assert f'value="{address}"' in page.text, "it need not be typed again"
        assert WRONG not in page.text
        token = page.text.partition('name="click" value="')[2].partition('"')[0]
        said.append(page.text.replace(address, "").replace(token, ""))
    assert said[0] == said[1]
    assert await visitor.who() is None


async def test_what_is_no_address_is_said_so(visitor: Visitor) -> None:
    await log_in(visitor, "alice")
    assert visitor.page is not None
    assert visitor.page.status_code == 400
    assert "a whole e-mail address" in visitor.page.text


async def test_who_tries_too_often_is_told_when_to_try_again(
    doors: Doors, visitor: Visitor
) -> None:
    await doors.world.member(name="alice")
    for _ in range(10):
        await log_in(visitor, password=WRONG)
    await log_in(visitor)
    assert visitor.page is not None
    assert visitor.page.status_code == 429
    assert int(visitor.page.headers["Retry-After"]) > 0
    assert "Not just now" in visitor.page.text
    assert await visitor.who() is None


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/services/booking/pools?day=1", "/services/booking/pools?day=1"),
        ("/user/alice/notebook?a=b%20c", "/user/alice/notebook?a=b%20c"),
        ("http://127.0.0.1:{port}/services/", "/services/"),
        ("https://elsewhere.example/", None),
        ("//elsewhere.example/", None),
        ("///elsewhere.example/", None),
        (r"/\elsewhere.example/", None),
        (r"\\elsewhere.example/", None),
        ("javascript:alert(1)", None),
        ("/\t/elsewhere.example", None),
        ("hub/home", None),
        ("/" + "x" * 600, None),
    ],
)
async def test_next_is_a_path_of_this_platform_or_nothing(
    doors: Doors, visitor: Visitor, wanted: str, leads: str | None
) -> None:
    await doors.world.member(name="alice")
    await visitor.http.get("login")
    port = visitor.http.base_url.port
    page = await visitor.http.get("login", params={"next": wanted.format(port=port)})
    visitor.page = page
    answer = await visitor.send("login/password", address=ADDRESS, password=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (302, leads or "/hub/spawn")


async def test_next_is_kept_when_the_password_was_wrong(doors: Doors, visitor: Visitor) -> None:
    await doors.world.member(name="alice")
    await visitor.open("login?next=/services/accounts/")
    await visitor.send("login/password", address=ADDRESS, password=WRONG)
    answer = await visitor.send("login/password", password=PASSWORD)
    assert answer.headers["Location"] == "/services/accounts/"


async def test_a_closed_password_door_is_neither_shown_nor_open(
    tmp_path: Path, world: AccountsWorld
) -> None:
    await world.member(name="alice")
    async with doors_of(tmp_path, world.client, password_door=False) as hub:
        doors = Doors(hub, world)
        async with doors.visitor() as visitor:
            page = await visitor.open("login")
            assert 'type="password"' not in page.text
            sent = {"_xsrf": visitor.http.cookies["_xsrf"]}
            sent |= {"address": ADDRESS, "password": PASSWORD}
            answers = [
                await visitor.http.post("login/password", data=sent),
                await visitor.open("signup"),
                await visitor.open("reset"),
                await visitor.open("reset/abc"),
            ]
            assert [answer.status_code for answer in answers] == [403] * 4
            assert all("Nobody logs in with a password here" in one.text for one in answers)
            assert await visitor.who() is None


async def test_a_form_without_its_xsrf_token_is_refused(doors: Doors, visitor: Visitor) -> None:
    await doors.world.member(name="alice")
    for path in ("login/password", "signup", "signup/sent", "reset", "reset/abc", "enter"):
        for token in ({}, {"_xsrf": "other"}):
            sent = token | {"address": ADDRESS, "password": PASSWORD}
            answer = await visitor.http.post(path, data=sent)
            assert answer.status_code == 403, path
            assert "_xsrf" in answer.text or "XSRF" in answer.text
    assert await visitor.who() is None


async def test_whoever_logs_in_as_another_leaves_the_first_one_behind(
    doors: Doors, visitor: Visitor
) -> None:
    from jupyterhub import orm

    await doors.world.member(name="alice")
    await doors.world.member("bob@example.org", name="bob")
    await log_in(visitor)
    session, db = visitor.http.cookies["jupyterhub-session-id"], doors.hub.app.db
    alice = orm.User.find(db, "alice")
    orm.APIToken.new(user=alice, session_id=session, note="of a service", scopes=[])
    xsrf = visitor.http.cookies["_xsrf"]
    sent = {"_xsrf": xsrf, "address": "bob@example.org", "password": PASSWORD}
    await visitor.http.post("login/password", data=sent)
    assert await visitor.who() == "bob"
    assert visitor.http.cookies["jupyterhub-session-id"] != session
    assert db.query(orm.APIToken).filter_by(session_id=session).count() == 0


async def test_pages_of_doors_are_kept_and_told_nowhere(doors: Doors, visitor: Visitor) -> None:
    paths = ("login", "signup", "reset", "reset/abc", "confirm/abc", "enter?code=abc", "logout")
    for path in (*paths, "register", "register/finish", "signup/sent"):
        answer = await visitor.open(path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["Referrer-Policy"] == "no-referrer", path
