"""The account's page, and the pages on which one leaves: read and sent as a browser does."""

from __future__ import annotations

import httpx

from aglais_accounts.managers.exports import READ_SPACES
from tests.accounts.departing import LEAVE, READ, WRITE, World
from tests.accounts.test_farewell import member
from tests.support.pages import form_of


def owner(world: World, name: str = "alice") -> httpx.AsyncClient:
    scopes = (f"{one}!user={name}" for one in (READ, LEAVE, READ_SPACES))
    return world.running.browser(name, *scopes)


def after(sent: httpx.Response) -> str:
    return sent.headers["Location"].removeprefix("/services/accounts/")


async def test_the_page_of_an_account_says_what_it_has_and_what_can_be_done(world: World) -> None:
    await member(world)
    async with owner(world) as browser, world.running.browser("root", READ, WRITE) as admin:
        page = (await browser.get("accounts/alice")).text
        other = await browser.get("accounts/bob")
        seen_by_admin = (await admin.get("accounts/alice")).text
        listed = (await admin.get("accounts")).text
    for words in (
        "Temp space", "3 MiB", "Running session", "Download everything", "about 6 MiB",
        "Delete this account", "Last seen", "Goes by itself", "logging in is enough",
    ):  # fmt: skip
        assert words in page, words
    assert ">Edit<" not in page
    assert ">Departures<" not in page
    assert ">Edit<" in seen_by_admin
    assert "Delete this account" not in seen_by_admin, "this administrator lacks the scope"
    assert ">Departures<" in listed
    assert "Last seen" in listed
    assert other.status_code == 403


async def test_a_part_that_is_away_does_not_hide_the_account(world: World) -> None:
    await member(world)
    world.mock.cut("storage")
    async with owner(world) as browser:
        page = await browser.get("accounts/alice")
    assert page.status_code == 200
    assert "Could not be counted just now: spaces" in page.text


async def test_an_account_is_deleted_only_by_its_typed_name(world: World) -> None:
    await member(world)
    async with owner(world) as browser:
        asked = await browser.get("accounts/alice/leave")
        form = form_of(asked)
        wrong = await browser.post("accounts/alice/leave", data=form | {"name": "alic"})
        assert await world.leaving() == {}
        forged = await browser.post("accounts/alice/leave", data={"name": "alice"})
        assert (forged.status_code, await world.leaving()) == (403, {})
        sent = await browser.post("accounts/alice/leave", data=form | {"name": " alice "})
        left = await browser.get(after(sent))
    assert "Notebooks space" in asked.text
    assert (wrong.status_code, "nothing was deleted" in wrong.text) == (400, True)
    assert (sent.status_code, left.status_code) == (303, 200)
    assert "Good-bye" in left.text
    assert await world.leaving() == {"alice": "its owner asked for it"}
    await world.reaper.depart()
    async with httpx.AsyncClient(base_url=world.running.url) as nobody:
        later = await nobody.get("accounts/alice/goodbye")
    assert (later.status_code, "alice" in later.text) == (200, False)
    assert await world.left_of("alice") == set()


async def test_an_administrator_sees_how_far_it_is(world: World) -> None:
    await member(world)
    async with world.running.browser("root", READ, WRITE, LEAVE) as admin:
        form = form_of(await admin.get("accounts/alice/leave"))
        sent = await admin.post("accounts/alice/leave", data=form | {"name": "alice"})
        world.mock.cut("storage")
        await world.reaper.depart()
        shown = await admin.get(after(sent))
        page = await admin.get("accounts/alice")
        listed = await admin.get("departures")
    assert "root asked for it" in shown.text
    assert "Running session" in shown.text
    assert "spaces, hub-user, bookings, account" in shown.text
    assert "See how far it is" in page.text
    assert "Delete this account" not in page.text
    assert "alice" in listed.text


async def test_nobody_deletes_what_is_not_theirs(world: World) -> None:
    await member(world)
    async with owner(world, "bob") as browser:
        await browser.get("accounts/bob")
        answers = [
            await browser.get("accounts/alice/leave"),
            await browser.post("accounts/alice/leave", data={"name": "alice"}),
            await browser.get("accounts/alice/download"),
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert await world.leaving() == {}
