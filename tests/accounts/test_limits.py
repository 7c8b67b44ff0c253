"""Limits of single accounts: what is set, by whom, what holds then, and who may."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from aglais_accounts import service
from aglais_hub.client import AccountsClient
from aglais_hub.client.mock import MockPlatform
from aglais_hub.errors import AglaisError, Forbidden
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountEdit, AccountRequest, Level, LevelEdit
from aglais_hub.models.limits import LIMITS, Overrides, OverridesEdit
from aglais_hub.models.storage import SpaceKind, SpaceRequest, SpaceUsage
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "accounts"), scope("write", "accounts")
ERASE = scope("write", "departures")
GIB = 2**30


@dataclass
class World:
    """The real accounts service among mocks of the others."""

    running: RunningService
    mock: MockPlatform
    olga: AccountsClient
    """Client of an operator."""
    events: list[dict[str, Any]]

    def client(self, name: str, *scopes: str) -> AccountsClient:
        token = self.running.hub.token(name, *scopes)
        return AccountsClient(f"{self.running.url}api/", token)

    async def account(self, name: str, level: Level = Level.CUSTOM) -> Account:
        return await self.olga.create_account(AccountRequest(name=name, level=level))

    async def level(self, name: str, level: Level, why: str | None = "a course") -> Account:
        now = await self.olga.account(name)
        return await self.olga.edit_account(
            name,
            AccountEdit(
                level=level, display_name=now.display_name, expires_at=now.expires_at, why=why
            ),
        )

    async def set(self, name: str, why: str = "a course", **values: Any) -> Any:
        return await self.olga.edit_limits(name, OverridesEdit(why=why, **values))

    async def history(self, name: str) -> list[tuple[str, str | None, str | None]]:
        found = await self.olga.changes(name)
        return [(one.field, one.old, one.new) for one in found]


@pytest.fixture
async def world(database_url: str, hub: HubDouble, monkeypatch: Any) -> AsyncIterator[World]:
    mock = MockPlatform()
    async with running(service, database_url, hub, mock.clients) as accounts:
        olga = AccountsClient(f"{accounts.url}api/", hub.token("olga", READ, WRITE, ERASE))
        world = World(accounts, mock, olga, [])
        monkeypatch.setattr(
            type(accounts.process.context.events), "publish",
            lambda _log, name, **facts: world.events.append({"event": name} | facts),
        )  # fmt: skip
        yield world
        await olga.close()


def test_every_limit_of_a_level_can_be_set_for_an_account() -> None:
    assert set(Overrides.model_fields) == set(LevelEdit.model_fields) == set(LIMITS)


VALUES: dict[str, Any] = {
    "notebook_count": 7,
    "notebook_bytes": 5 * GIB,
    "notebook_expires_seconds": 90,
    "temp_bytes": 2 * GIB,
    "temp_files": 77,
    "temp_expires_seconds": None,
    "user_bytes": 3 * GIB,
    "user_files": 78,
    "user_expires_seconds": 91,
    "packages": ("tiny", "large"),
    "bookable_packages": (),
    "session_count": 9,
    "lifetime_seconds": 86_400,
    "idle_seconds": 92,
}


@pytest.mark.parametrize("field", LIMITS)
async def test_what_is_set_holds_everywhere_and_says_where_it_is_from(
    world: World, field: str
) -> None:
    usual = (await world.account("alice")).limits.model_dump()
    assert usual[field] != VALUES[field]
    limits = await world.set("alice", **{field: VALUES[field]})
    expected = usual | {field: VALUES[field]}
    assert limits == await world.olga.limits("alice")
    assert (await world.olga.account("alice")).limits.model_dump() == expected
    (listed,) = await world.olga.accounts()
    assert listed.limits.model_dump() == limits.limits.model_dump() == expected
    assert limits.of_level.model_dump() == usual
    (override,) = limits.overrides
    assert (override.field, override.value) == (field, VALUES[field])
    assert (override.by, override.why) == ("olga", "a course")
    assert utcnow() - override.at < timedelta(minutes=1)


async def test_for_ever_is_another_thing_than_what_the_level_gives(world: World) -> None:
    await world.account("alice")
    assert (await world.olga.account("alice")).limits.temp_expires_seconds == 30 * 86_400
    limits = await world.set("alice", temp_expires_seconds=None)
    assert limits.limits.temp_expires_seconds is None
    assert [one.value for one in limits.overrides] == [None]
    limits = await world.set("alice")
    assert limits.limits.temp_expires_seconds == 30 * 86_400
    assert limits.overrides == ()
    assert await world.history("alice") == [
        ("temp_expires_seconds", "unbounded", None),
        ("temp_expires_seconds", None, "unbounded"),
    ]


async def test_another_value_is_recorded_and_the_same_is_not(world: World) -> None:
    await world.account("alice")
    await world.set("alice", why="first", temp_files=5, packages=("tiny", "small"))
    await world.set("alice", why="second", temp_files=6, packages=("tiny", "small"))
    await world.set("alice", why="third", temp_files=6, packages=("tiny", "small"))
    changes = await world.olga.changes("alice")
    assert [(one.field, one.old, one.new, one.why, one.by) for one in changes] == [
        ("temp_files", "5", "6", "second", "olga"),
        ("packages", None, "tiny, small", "first", "olga"),
        ("temp_files", None, "5", "first", "olga"),
    ]
    why = {one.field: one.why for one in (await world.olga.limits("alice")).overrides}
    assert why == {"temp_files": "second", "packages": "first"}
    told = [one["fields"] for one in world.events if one["event"] == "account.changed"]
    assert told == [["temp_files", "packages"], ["temp_files"]]


@pytest.mark.parametrize("level", [Level.ANONYMOUS, Level.BASIC])
async def test_below_level_n_nothing_is_set_for_single_accounts(world: World, level: Level) -> None:
    await world.account("alice", level)
    with pytest.raises(AglaisError) as refused:
        await world.set("alice", temp_files=5)
    assert (refused.value.status, refused.value.code) == (409, "level-too-low")
    assert "Raise its level to n first" in refused.value.message
    assert (await world.olga.limits("alice")).overrides == ()


async def test_a_lower_level_drops_what_was_set_and_keeps_the_record(world: World) -> None:
    await world.account("alice")
    await world.account("bob")
    for name in ("alice", "bob"):
        await world.set(name, temp_files=5, idle_seconds=None)
    account = await world.level("alice", Level.BASIC, "the course is over")
    assert account.limits == (await world.olga.levels())[1]
    assert [(one.field, one.old, one.new, one.why) for one in await world.olga.changes("alice")][
        :3
    ] == [
        ("temp_files", "5", None, "the course is over"),
        ("idle_seconds", "unbounded", None, "the course is over"),
        ("level", "2", "1", "the course is over"),
    ]
    account = await world.level("alice", Level.CUSTOM)
    assert account.limits == (await world.olga.levels())[2]
    assert (await world.olga.account("bob")).limits.temp_files == 5


async def test_another_level_needs_a_reason(world: World) -> None:
    await world.account("alice", Level.BASIC)
    with pytest.raises(AglaisError) as refused:
        await world.level("alice", Level.CUSTOM, why=None)
    assert (refused.value.status, refused.value.code) == (400, "why-needed")
    assert (await world.olga.account("alice")).level is Level.BASIC
    assert (await world.level("alice", Level.CUSTOM)).level is Level.CUSTOM


async def test_a_member_does_not_become_a_guest(world: World) -> None:
    await world.account("alice", Level.BASIC)
    with pytest.raises(AglaisError) as refused:
        await world.level("alice", Level.ANONYMOUS)
    assert (refused.value.status, refused.value.code) == (409, "level-not-possible")


async def test_a_guest_who_is_raised_stays(world: World) -> None:
    guest = await world.olga.open_guest("192.0.2.1")
    assert guest.expires_at is not None
    raised = await world.level(guest.name, Level.BASIC)
    assert (raised.level, raised.expires_at) == (Level.BASIC, None)
    fields = {field for field, _, _ in await world.history(guest.name)}
    assert fields == {"level", "expires_at"}


async def test_name_and_end_of_an_account_can_be_set(world: World) -> None:
    await world.account("alice", Level.BASIC)
    end = utcnow() + timedelta(days=3)
    edit = AccountEdit(level=Level.BASIC, display_name=" Alice ", expires_at=end)
    account = await world.olga.edit_account("alice", edit)
    assert (account.display_name, account.expires_at) == ("Alice", end)
    over = edit.model_copy(update={"expires_at": utcnow() - timedelta(seconds=9)})
    with pytest.raises(AglaisError) as refused:
        await world.olga.edit_account("alice", over)
    assert refused.value.status == 400


async def test_the_end_follows_the_lifetime(world: World) -> None:
    made = await world.account("alice")
    assert made.expires_at is None
    await world.set("alice", lifetime_seconds=3600)
    assert (await world.olga.account("alice")).expires_at == made.created_at + timedelta(hours=1)
    await world.set("alice", lifetime_seconds=3600, temp_files=9)
    assert len([one for one in await world.history("alice") if one[0] == "expires_at"]) == 1
    await world.set("alice")
    assert (await world.olga.account("alice")).expires_at is None


async def test_a_package_that_there_is_not_is_refused_by_name(world: World) -> None:
    await world.account("alice")
    for field in ("packages", "bookable_packages"):
        with pytest.raises(AglaisError) as refused:
            await world.set("alice", **{field: ("tiny", "smal")})
        assert (refused.value.status, refused.value.code) == (400, "unknown-package")
        assert "There is no package smal; there are tiny, small" in refused.value.message
    edit = LevelEdit(**await usual(world, Level.BASIC) | {"packages": ("smal",)})
    with pytest.raises(AglaisError) as refused:
        await world.olga.edit_level(Level.BASIC, edit)
    assert refused.value.code == "unknown-package"
    world.mock.cut("booking")
    await world.set("alice", temp_files=5)


async def test_who_edits_an_older_state_is_told(world: World) -> None:
    await world.account("alice")
    async with world.running.api(world.running.hub.token("olga", READ, WRITE)) as api:
        for path, body in (
            ("accounts/alice/limits", {"why": "x", "temp_files": 5}),
            ("accounts/alice", {"level": 2, "display_name": "A", "expires_at": None}),
        ):
            tag = {"If-Match": (await api.get(path)).headers["ETag"]}
            first = await api.post(path, json=body, headers=tag)
            second = await api.post(path, json=body, headers=tag)
            assert (first.status_code, second.status_code) == (200, 412), path


async def test_an_account_that_leaves_is_not_changed(world: World) -> None:
    await world.account("alice")
    await world.olga.leave("alice", "bored")
    for change in (world.set("alice", temp_files=5), world.level("alice", Level.BASIC)):
        with pytest.raises(AglaisError) as refused:
            await change
        assert refused.value.code == "account-leaving"


async def usual(world: World, level: Level) -> dict[str, Any]:
    """Return what a level gives."""
    return (await world.olga.levels())[level].model_dump(exclude={"level"})


OWN = (f"{READ}!user=alice", f"{WRITE}!user=alice")


@pytest.mark.parametrize("level", list(Level))
async def test_nobody_edits_their_own_limits(world: World, level: Level) -> None:
    await world.account("alice", level)
    alice = world.client("alice", *OWN)
    edit = AccountEdit(level=Level.CUSTOM, display_name="A", expires_at=None, why="I want to")
    for change in (
        alice.edit_limits("alice", OverridesEdit(why="I want to", temp_files=10)),
        alice.edit_account("alice", edit),
        alice.edit_level(level, LevelEdit(**await usual(world, level))),
    ):
        with pytest.raises(Forbidden):
            await change
    assert (await alice.limits("alice")).limits.level is level
    assert await alice.changes("alice") == []
    await alice.close()


async def test_others_limits_and_history_are_not_shown(world: World) -> None:
    for name in ("alice", "bob"):
        await world.account(name)
    alice = world.client("alice", *OWN)
    for look in (alice.limits("bob"), alice.changes("bob")):
        with pytest.raises(Forbidden):
            await look
    await alice.close()


async def test_lists_ask_the_database_as_often_for_many_accounts_as_for_few(world: World) -> None:
    asked: list[str] = []
    engine = world.running.process.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    async def queries() -> int:
        asked.clear()
        await world.olga.accounts()
        return len(asked)

    await world.account("user-0")
    await world.set("user-0", temp_files=5)
    few = await queries()
    for number in range(1, 20):
        await world.account(f"user-{number}")
        await world.set(f"user-{number}", temp_files=5)
    assert await queries() == few
    assert {one.limits.temp_files for one in await world.olga.accounts()} == {5}


async def page(browser: httpx.AsyncClient, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, (path, answer.text)
    return answer.text


class Form(HTMLParser):
    """Reads what a form would send as it is shown."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "select":
            self._select = given["name"]
        is_chosen = "checked" in given if given.get("type") == "checkbox" else tag == "input"
        if is_chosen:
            self.values[given["name"]] = given["value"]
        if tag == "option" and "selected" in given:
            self.values[self._select] = given["value"]


async def send(browser: httpx.AsyncClient, path: str, **typed: str) -> httpx.Response:
    """Fill the form at a page and send it, as a browser without JavaScript does."""
    return await browser.post(path, data=Form(await page(browser, path)).values | typed)


async def test_the_forms_set_and_the_page_tells(world: World) -> None:
    await world.account("alice", Level.BASIC)
    async with world.running.browser("olga", READ, WRITE) as browser:
        limits = await page(browser, "accounts/alice/limits")
        assert "raise the level" in limits
        assert "limits/edit" not in limits
        refused = await send(browser, "accounts/alice/edit", level="2")
        assert (refused.status_code, "Say why" in refused.text) == (400, True)
        raised = await send(browser, "accounts/alice/edit", level="2", why="a course")
        assert raised.headers["Location"] == "/services/accounts/accounts/alice"
        form = await page(browser, "accounts/alice/limits/edit")
        assert 'placeholder="Level n: 20 GiB"' in form
        saved = await send(
            browser,
            "accounts/alice/limits/edit",
            temp_bytes="1.5 TiB",
            temp_expires_seconds="unbounded",
            idle_seconds="1 d 12 h",
            packages="tiny, large",
            bookable_packages="none",
            why="she asked",
        )
        assert saved.headers["Location"] == "/services/accounts/accounts/alice/limits"
        shown = await page(browser, "accounts/alice/limits")
        for words in (
            "1.5 TiB", "Set for this account by olga on", "she asked", "Level n gives 20 GiB",
            "for ever", "tiny, large", "1 d 12 h", "limits/edit",
        ):  # fmt: skip
            assert words in shown
        form = await page(browser, "accounts/alice/limits/edit")
        assert re.search(r'name="temp_expires_seconds" value="unbounded" checked', form)
        assert re.search(r'name="idle_seconds" value="1 d 12 h"', form)
        assert re.search(r'name="bookable_packages" value="none"', form)
        account = await page(browser, "accounts/alice")
        for words in ("Level n<", "accounts/alice/edit", "accounts/alice/limits", "History"):
            assert words in account
        history = await page(browser, "accounts/alice/changes")
        for words in ("1 (basic)", "a course", "1.5 TiB", "for ever", "Temp space", "olga"):
            assert words in history
    limits = (await world.olga.limits("alice")).set_alone.given
    assert limits == {
        "temp_bytes": 3 * 2**39,
        "temp_expires_seconds": None,
        "idle_seconds": 36 * 3600,
        "packages": ("tiny", "large"),
        "bookable_packages": (),
    }


async def test_the_level_form_keeps_what_it_shows(world: World) -> None:
    before = await world.olga.levels()
    async with world.running.browser("olga", READ, WRITE) as browser:
        for level in ("0", "1", "n"):
            form = await page(browser, f"levels/{level}/edit")
            typed = Form(form).values
            assert set(typed) >= set(LIMITS)
            saved = await send(browser, f"levels/{level}/edit", **typed)
            assert saved.status_code == 303, saved.text
        assert await world.olga.levels() == before
        saved = await send(browser, "levels/1/edit", packages="tiny, small")
        assert saved.status_code == 303
        assert "tiny, small" in await page(browser, "levels/1")
    assert (await world.olga.levels())[1].packages == ("tiny", "small")


async def test_a_member_sees_limits_with_what_is_in_use_and_no_way_to_edit(world: World) -> None:
    await world.account("alice")
    request = SpaceRequest(account="alice", kind=SpaceKind.TEMP, quota_bytes=GIB, quota_files=9)
    space = await world.mock.clients.storage.ensure(request)
    used = {"usage": SpaceUsage(bytes=15 * GIB, files=5)}
    world.mock.storage.known[space.id] = space.model_copy(update=used)
    async with world.running.browser("alice", *OWN) as browser:
        shown = await page(browser, "accounts/alice/limits")
        assert "15 GiB in use" in shown
        assert 'aria-valuenow="75"' in shown
        assert "/edit" not in shown
        for path in ("accounts/alice/limits/edit", "accounts/alice/edit"):
            assert (await browser.get(path)).status_code == 403
        world.mock.cut("storage")
        assert "20 GiB" in await page(browser, "accounts/alice/limits")
