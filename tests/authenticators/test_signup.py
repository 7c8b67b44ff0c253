"""Sign-up with e-mail and password, as a person does it: forms, mails, links."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.support.accounts import ADDRESS, PASSWORD, AccountsWorld, accounts_world
from tests.support.doors import Doors, Visitor, doors_of, forms_of
from tests.support.hub import HubDouble

PLACE = "/services/accounts/"


async def sign_up(
    visitor: Visitor, address: str = ADDRESS, *, after: str | None = None, **typed: str
) -> httpx.Response:
    """Fill in the form, and go on as the answer says."""
    await visitor.open(f"signup?next={after}" if after else "signup")
    given = {"address": address, "password": PASSWORD} | typed
    answer = await visitor.send("signup", **given)
    return await visitor.follow() if answer.has_redirect_location else answer


async def test_who_confirms_in_the_same_browser_is_logged_in_and_goes_on(
    doors: Doors, visitor: Visitor
) -> None:
    page = await sign_up(visitor, name="Alice", display_name="Alice A.", after=PLACE)
    assert "Please check your email for a confirmation code." in page.text
    assert ADDRESS in page.text
    assert await visitor.who() is None
    answer = await visitor.open(f"confirm/{await doors.world.code_to(ADDRESS)}")
    assert (answer.status_code, answer.headers["Location"]) == (302, PLACE)
    assert await visitor.who() == "alice"
    assert doors.groups("alice") == {"level-1"}
    assert "aglais-signup" not in visitor.http.cookies


async def test_what_the_browser_is_known_by_is_out_of_reach_of_others(
    doors: Doors, visitor: Visitor
) -> None:
    await visitor.open("signup")
    given = {"name": "alice", "address": ADDRESS, "password": PASSWORD}
    answer = await visitor.send("signup", **given)
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "aglais-signup=" in one)
    assert {"HttpOnly", "SameSite=Lax", "Path=/hub/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    visitor.http.headers["X-Forwarded-Proto"] = "https"
    await visitor.open("signup")
    answer = await visitor.http.post("signup", data=forms_of(visitor.page)["/hub/signup"] | given)  # type: ignore[arg-type]
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "aglais-signup=" in one)
    assert "Secure" in cookie.split("; ")


async def test_elsewhere_the_link_confirms_and_leads_to_the_login_page(
    doors: Doors, visitor: Visitor
) -> None:
    await sign_up(visitor, name="alice", after=PLACE)
    async with doors.visitor("198.51.100.4") as other:
        answer = await other.open(f"confirm/{await doors.world.code_to(ADDRESS)}")
        assert answer.headers["Location"].startswith("/hub/login?")
        page = await other.follow()
        assert "Your address is confirmed. Please log in." in page.text
        assert await other.who() is None
        answer = await other.send("login/password", address=ADDRESS, password=PASSWORD)
        assert answer.headers["Location"] == PLACE
        assert await other.who() == "alice"
    assert await visitor.who() is None, "nobody has logged in here"


async def test_a_mail_scanner_gets_no_session_and_a_head_uses_no_code(
    doors: Doors, visitor: Visitor
) -> None:
    await sign_up(visitor, name="alice")
    code = await doors.world.code_to(ADDRESS)
    async with doors.visitor("198.51.100.4") as scanner:
        for method in ("HEAD", "OPTIONS", "PROPFIND"):
            await scanner.http.request(method, f"confirm/{code}")
        assert await doors.world.client.accounts() == []
        await scanner.open(f"confirm/{code}")
        assert not any("login" in name for name in scanner.http.cookies)
    page = await visitor.open(f"confirm/{code}")
    assert page.status_code == 404
    assert "was used already" in page.text
    assert "just log in" in page.text


@pytest.mark.parametrize("code", ["abc", "x" * 500, "a/b", "%2e%2e", ""])
async def test_a_link_that_is_none_of_ours_says_what_to_do(visitor: Visitor, code: str) -> None:
    page = await visitor.open(f"confirm/{code}")
    assert page.status_code == 404
    assert "cannot be used" in page.text
    assert "/hub/login" in page.text


async def test_the_mail_can_be_sent_again(doors: Doors, visitor: Visitor) -> None:
    await sign_up(visitor, name="alice")
    first = await doors.world.code_to(ADDRESS)
    await visitor.send("signup/sent")
    page = await visitor.follow()
    assert "Another mail is on its way" in page.text
    second = await doors.world.code_to(ADDRESS)
    assert (await visitor.open(f"confirm/{first}")).status_code == 404
    assert (await visitor.open(f"confirm/{second}")).headers["Location"] == "/hub/spawn"


async def test_who_has_not_signed_up_here_is_led_to_the_form(visitor: Visitor) -> None:
    answer = await visitor.open("signup/sent")
    assert answer.headers["Location"] == "/hub/signup"


async def test_a_known_address_looks_like_an_unknown_one(doors: Doors, visitor: Visitor) -> None:
    await doors.world.member(name="alice")
    said = []
    for address, name in ((ADDRESS, "one"), ("new@example.org", "two")):
        page = await sign_up(visitor, address, name=name)
        said.append((page.status_code, page.text.replace(address, "")))
    assert said[0] == said[1]
    last = [mail for mail in await doors.world.outbox() if mail.address == ADDRESS][-1]
    assert last.code is None
    assert "account already" in last.subject


@pytest.mark.parametrize(
    ("typed", "status", "said", "field"),
    [
        ({"password": "password1"}, 400, "easy to guess", "password"),
        ({"name": "bob"}, 409, "taken", "name"),
        ({"name": "admin"}, 400, "kept for the platform", "name"),
        ({"name": "guest-123456789abc"}, 400, "kept for the platform", "name"),
        ({"name": "é!"}, 400, "small letters", "name"),
        ({"address": "alice"}, 400, "whole e-mail address", "address"),
        ({"address": ""}, 400, "whole e-mail address", "address"),
        ({"password": ""}, 400, "at most 1000", "password"),
        ({"password": "x" * 1001}, 400, "at most 1000", "password"),
        ({"display_name": "x" * 81}, 400, "at most 80", "display_name"),
    ],
)
async def test_what_is_wrong_is_said_beside_what_was_typed(
    doors: Doors, visitor: Visitor, typed: dict[str, str], status: int, said: str, field: str
) -> None:
    await doors.world.member("bob@example.org", name="bob")
    before = len(await doors.world.outbox())
    given = {"name": "alice", "display_name": "Alice A.", "address": ADDRESS} | typed
    page = await sign_up(visitor, **given)
    assert page.status_code == status
    alert = page.text.partition('role="alert"')[2].partition("</div>")[0]
    assert said in alert
    assert "autofocus" in alert
    form = forms_of(page)["/hub/signup"]
    kept = {name: form[name] for name in ("name", "display_name", "address")}
    assert kept == {name: given[name] for name in kept}
    assert form["password"] == ""
    invalid = re.findall(r'<input id="(\w+)"[^>]*is-invalid', page.text)
    assert invalid == [field]
    assert len(await doors.world.outbox()) == before


async def test_a_guest_keeps_its_session_and_becomes_a_member(
    doors: Doors, visitor: Visitor
) -> None:
    await visitor.open("login")
    await visitor.send("login/guest")
    guest = await visitor.who()
    assert guest
    assert doors.groups(guest) == {"level-0"}
    cookie = visitor.http.cookies["jupyterhub-hub-login"]
    page = await visitor.open("register")
    assert "your notebooks and data stay" in page.text
    await visitor.open("signup")
    assert 'name="name"' not in visitor.page.text  # type: ignore[union-attr]
    await visitor.send("signup", address=ADDRESS, password=PASSWORD, name="other")
    page = await visitor.follow()
    assert "your session goes on" in page.text
    answer = await visitor.open(f"confirm/{await doors.world.code_to(ADDRESS)}")
    assert answer.headers["Location"] == "/hub/spawn"
    assert await visitor.who() == guest
    assert visitor.http.cookies["jupyterhub-hub-login"] == cookie, "still the same login"
    assert doors.groups(guest) == {"level-1"}
    # A member is not asked, and loses nothing, by logging out.
    await visitor.open("logout")
    assert await visitor.who() is None
    assert (await doors.world.client.account(guest)).state == "active"


async def test_a_guest_who_confirms_elsewhere_stays_logged_in_as_a_member(
    doors: Doors, visitor: Visitor
) -> None:
    await visitor.open("login")
    await visitor.send("login/guest")
    guest = await visitor.who()
    assert guest
    await sign_up(visitor)
    async with doors.visitor("198.51.100.4") as other:
        await other.open(f"confirm/{await doors.world.code_to(ADDRESS)}")
        assert await other.who() is None
    assert doors.groups(guest) == {"level-0"}
    doors.a_minute_later()
    assert await visitor.who() == guest
    page = await visitor.open("home")
    assert doors.groups(guest) == {"level-1"}
    assert "Register" not in page.text


async def test_a_guest_that_is_gone_meanwhile_comes_back_as_a_fresh_member(
    doors: Doors, visitor: Visitor
) -> None:
    await visitor.open("login")
    await visitor.send("login/guest")
    guest = await visitor.who()
    assert guest
    await sign_up(visitor)
    await doors.world.client.leave(guest, "bored")
    answer = await visitor.open(f"confirm/{await doors.world.code_to(ADDRESS)}")
    assert answer.headers["Location"] == "/hub/spawn"
    name = await visitor.who()
    assert name
    assert name != guest
    assert doors.groups(name) == {"level-1"}


async def test_another_member_in_this_browser_is_not_logged_out(
    doors: Doors, visitor: Visitor
) -> None:
    await doors.world.member("bob@example.org", name="bob")
    await sign_up(visitor, name="alice")
    code = await doors.world.code_to(ADDRESS)
    await visitor.open("login")
    await visitor.send("login/password", address="bob@example.org", password=PASSWORD)
    page = await visitor.open(f"confirm/{code}")
    assert page.status_code == 200
    assert "you are logged in as <strong>bob</strong>" in page.text
    assert await visitor.who() == "bob"


async def test_a_member_is_led_home(doors: Doors, visitor: Visitor) -> None:
    await doors.world.member(name="alice")
    await visitor.open("login")
    await visitor.send("login/password", address=ADDRESS, password=PASSWORD)
    for path in ("signup", "register"):
        answer = await visitor.open(path)
        assert answer.headers["Location"] == "/hub/home"


async def test_where_nobody_may_sign_up_nobody_is_asked_to(
    tmp_path: Path, world: AccountsWorld
) -> None:
    async with doors_of(tmp_path, world.client, signup=False) as hub:
        doors = Doors(hub, world)
        async with doors.visitor() as visitor:
            page = await visitor.open("login")
            assert "Sign up" not in page.text
            assert "register" not in page.text
            for path in ("signup", "register/finish"):
                page = await visitor.open(path)
                assert page.status_code == 403
                assert "New accounts are not made here" in page.text
            sent = {"_xsrf": visitor.http.cookies["_xsrf"]}
            sent |= {"name": "alice", "address": ADDRESS, "password": PASSWORD}
            assert (await visitor.http.post("signup", data=sent)).status_code == 403
            assert await world.outbox() == []
            await visitor.open("login")
            await visitor.send("login/guest")
            for path in ("home", "logout"):
                assert "egister" not in (await visitor.open(path)).text
            assert (await visitor.open("register")).status_code == 403


async def test_too_many_sign_ups_are_told_when_to_try_again(tmp_path: Path) -> None:
    double = HubDouble()
    server = double.start()
    database = f"sqlite:///{tmp_path / 'accounts.db'}"
    async with (
        accounts_world(database, double, signups_per_hour=1) as world,
        doors_of(tmp_path, world.client) as hub,
        Doors(hub, world).visitor() as visitor,
    ):
        await sign_up(visitor, name="alice")
        page = await sign_up(visitor, "bob@example.org", name="bob")
        assert page.status_code == 429
        assert int(page.headers["Retry-After"]) > 60
        assert 'role="timer"' in page.text
    server.stop()
    await server.close_all_connections()


async def test_nobody_signs_up_by_the_name_of_an_administrator(tmp_path: Path) -> None:
    double = HubDouble()
    server = double.start()
    database = f"sqlite:///{tmp_path / 'accounts.db'}"
    async with (
        accounts_world(database, double, reserved_names="root, Alice ,") as world,
        doors_of(tmp_path, world.client) as hub,
        Doors(hub, world).visitor() as visitor,
    ):
        page = await sign_up(visitor, name="alice")
        assert page.status_code == 400
        assert "kept for the platform" in page.text
        await sign_up(visitor, name="alicia")
    server.stop()
    await server.close_all_connections()
