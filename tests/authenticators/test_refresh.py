"""What becomes of a login when the account changes, or goes."""

from __future__ import annotations

import asyncio

import pytest

from aglais_authenticators import authenticator
from aglais_hub.client.mock import MockPlatform
from aglais_hub.models.accounts import Level
from tests.support.accounts import ADDRESS, PASSWORD
from tests.support.doors import Doors, Visitor


@pytest.fixture
async def alice(doors: Doors, visitor: Visitor) -> Visitor:
    """Somebody who is logged in."""
    await doors.world.member(name="alice")
    await visitor.open("login")
    await visitor.send("login/password", address=ADDRESS, password=PASSWORD)
    assert await visitor.who() == "alice"
    return visitor


async def test_who_leaves_is_logged_out_and_does_not_come_back(
    doors: Doors, alice: Visitor
) -> None:
    await doors.world.client.leave("alice", "on request")
    doors.a_minute_later()
    assert await alice.who() is None
    await alice.open("login")
    answer = await alice.send("login/password", address=ADDRESS, password=PASSWORD)
    assert answer.status_code == 403
    assert await alice.who() is None


async def test_whose_account_is_gone_is_logged_out(doors: Doors, alice: Visitor) -> None:
    doors.hub.app.authenticator._accounts = MockPlatform().clients.accounts
    doors.a_minute_later()
    assert await alice.who() is None


@pytest.mark.parametrize("how", ["cut", "fail"])
async def test_while_the_accounts_service_is_away_everybody_stays(
    doors: Doors, alice: Visitor, how: str
) -> None:
    mock = MockPlatform()
    mock.cut("accounts") if how == "cut" else mock.fail("accounts", status=500)
    doors.hub.app.authenticator._accounts = mock.clients.accounts
    doors.a_minute_later()
    assert await alice.who() == "alice"
    answer = await alice.open("logout")
    assert answer.headers["Location"] == "/hub/login"
    assert await alice.who() is None


async def test_other_groups_stay_when_the_level_changes(doors: Doors, alice: Visitor) -> None:
    from jupyterhub import orm

    db = doors.hub.app.db
    user = orm.User.find(db, "alice")
    user.groups.append(orm.Group(name="aglais-admins"))
    db.commit()
    mock = MockPlatform()
    mock.accounts.made("alice", Level.CUSTOM)
    doors.hub.app.authenticator._accounts = mock.clients.accounts
    doors.a_minute_later()
    assert await alice.who() == "alice"
    assert doors.groups("alice") == {"aglais-admins", "level-n"}


async def test_an_accounts_service_that_hangs_holds_nobody_up(
    doors: Doors, alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticator, "LOOK_UP_SECONDS", 0.1)
    mock = MockPlatform()
    mock.delay("accounts", 60)
    doors.hub.app.authenticator._accounts = mock.clients.accounts
    doors.a_minute_later()
    async with asyncio.timeout(10):
        assert await alice.who() == "alice"
