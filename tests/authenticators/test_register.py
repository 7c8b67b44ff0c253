"""What is asked between a first login at a provider and the account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.accounts import PASSWORD, AccountsWorld
from tests.support.doors import Doors, Visitor, doors_of, forms_of
from tests.support.oauth_provider import OAuthProvider, oauth_provider

pytestmark = pytest.mark.slow

ADDRESS = "alice@example.org"
"""What the provider says."""


@pytest.fixture
async def provider() -> AsyncIterator[OAuthProvider]:
    async with oauth_provider() as provider:
        yield provider


@pytest.fixture
async def doors(
    tmp_path: Path, world: AccountsWorld, provider: OAuthProvider
) -> AsyncIterator[Doors]:
    two = {"sky": provider.settings(), "sea": provider.settings(title="Sea ID")}
    async with doors_of(tmp_path, world.client, providers=two) as hub:
        yield Doors(hub, world)


async def come(visitor: Visitor, name: str = "sky", after: str | None = None) -> httpx.Response:
    """Go to the provider and back, and on to where that leads."""
    began = await visitor.open(f"login/oauth/{name}" + (f"?next={after}" if after else ""))
    async with httpx.AsyncClient() as elsewhere:
        back = (await elsewhere.get(began.headers["Location"])).headers["Location"]
    await visitor.open(back)
    return await visitor.follow()


async def test_a_name_is_proposed_and_the_account_is_made(doors: Doors, visitor: Visitor) -> None:
    page = await come(visitor, after="/services/accounts/")
    assert forms_of(page)["/hub/register/finish"]["name"] == "alice"
    assert 'name="address"' not in page.text, "the provider said it, and has seen it"
    assert await doors.world.client.accounts() == []
    answer = await visitor.send("register/finish", name="Wonder.Alice", display_name="A.")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/services/accounts/")
    assert await visitor.who() == "wonder.alice"
    assert doors.groups("wonder.alice") == {"level-1"}
    account = await doors.world.client.account("wonder.alice")
    assert account.display_name == "A."
    page = await visitor.open("register/finish")
    assert page.status_code == 404
    assert "is done already" in page.text


async def test_who_has_registered_comes_in_at_once_afterwards(
    doors: Doors, visitor: Visitor
) -> None:
    await come(visitor)
    await visitor.send("register/finish")
    async with doors.visitor() as later:
        await come(later)
        assert await later.who() == "alice"


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("bob", 409, "taken"),
        ("admin", 400, "kept for the platform"),
        ("é!", 400, "small letters"),
        ("x", 400, "small letters"),
    ],
)
async def test_another_name_can_be_tried(
    doors: Doors, visitor: Visitor, name: str, status: int, said: str
) -> None:
    await doors.world.member("bob@example.org", name="bob")
    await come(visitor)
    page = await visitor.send("register/finish", name=name, display_name="A.")
    assert page.status_code == status
    assert said in page.text
    form = forms_of(page)["/hub/register/finish"]
    assert (form["name"], form["display_name"]) == (name, "A.")
    await visitor.send("register/finish", name="alice")
    assert await visitor.who() == "alice"


async def test_who_gives_no_address_is_asked_for_one_that_is_confirmed_later(
    doors: Doors, visitor: Visitor, provider: OAuthProvider
) -> None:
    provider.claims = {"sub": "1", "preferred_username": "alice"}
    page = await come(visitor)
    assert 'name="address"' in page.text
    for wrong in ("", "alice"):
        page = await visitor.send("register/finish", address=wrong)
        assert page.status_code == 400
        assert "whole e-mail address" in page.text
    await visitor.send("register/finish", address=ADDRESS)
    assert await visitor.who() == "alice"
    link = f"address/{await doors.world.code_to(ADDRESS)}"
    for _ in range(2):  # as a mail scanner does, which follows links
        page = await visitor.open(link)
        assert (page.status_code, "Yes, that was me" in page.text) == (200, True)
    assert len(await doors.world.client.identities("alice")) == 1
    page = await visitor.send(link, **(forms_of(page)[""]))
    assert page.status_code == 200
    assert "Your address is confirmed" in page.text
    (_, of_mail) = await doors.world.client.identities("alice")
    assert of_mail.subject == ADDRESS


async def test_who_has_an_account_by_the_same_address_is_told_how_to_get_in(
    doors: Doors, visitor: Visitor
) -> None:
    await doors.world.member(ADDRESS, name="first")
    page = await come(visitor)
    assert "belongs to an account already" in page.text
    assert "E-mail and password" in page.text
    assert await visitor.who() is None, "an address alone opens nothing"


async def test_a_guest_comes_back_as_a_member_without_being_asked(
    doors: Doors, visitor: Visitor
) -> None:
    await visitor.open("login")
    await visitor.send("login/guest")
    guest = await visitor.who()
    assert guest
    page = await visitor.open("register")
    assert "/hub/login/oauth/sky" in page.text
    await come(visitor)
    assert await visitor.who() == guest
    assert doors.groups(guest) == {"level-1"}


async def test_a_cookie_that_we_did_not_sign_opens_nothing(visitor: Visitor) -> None:
    visitor.http.cookies.set("aglais-registration", '{"code": "x", "name": "alice"}')
    page = await visitor.open("register/finish")
    assert page.status_code == 404
    assert "log in once more" in page.text


async def test_providers_are_on_the_pages_of_login_and_sign_up(visitor: Visitor) -> None:
    for path in ("login", "signup"):
        page = await visitor.open(f"{path}?next=/services/accounts/%3Fa=b")
        assert 'href="/hub/login/oauth/sky?next=/services/accounts/%3Fa%3Db"' in page.text
        assert "Sea ID" in page.text


async def test_somebody_who_registered_elsewhere_meanwhile_is_told_so(
    doors: Doors, visitor: Visitor
) -> None:
    await come(visitor)
    async with doors.visitor() as other:
        await come(other)
        await other.send("register/finish", name="alice")
    page = await visitor.send("register/finish", name="bob")
    assert page.status_code in {404, 409}
    assert "log in" in page.text
    assert [one.name for one in await doors.world.client.accounts()] == ["alice"]
    assert PASSWORD not in page.text
