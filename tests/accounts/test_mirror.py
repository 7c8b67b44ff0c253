"""Levels as groups of the Hub: what changes is told, what got lost is found."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from aglais_accounts import service
from aglais_accounts.managers import Managers
from aglais_accounts.mirror import Mirror
from aglais_accounts.reaper import Reaper
from aglais_hub.client import AccountsClient, ServiceClients
from aglais_hub.client.mock import MockPlatform
from aglais_hub.hub import configure, installed_services
from aglais_hub.identity import scope
from aglais_hub.models.accounts import AccountEdit, AccountRequest, Level
from tests.support.embedded_hub import EmbeddedHub, embedded_hub
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "accounts"), scope("write", "accounts")


@dataclass
class World:
    """The real accounts service and a mock of the Hub."""

    running: RunningService
    mock: MockPlatform
    accounts: AccountsClient

    @property
    def manager(self) -> Managers:
        manager: Managers = self.running.process.manager
        return manager

    async def tell(self) -> list[tuple[str, str, str]]:
        """Let the chore run; return what it asked the Hub to change."""
        self.mock.requests.clear()
        await Mirror(self.manager).tell()
        return [one for one in self.mock.requests if one[1] != "GET"]

    async def level(self, name: str, level: Level) -> None:
        await self.accounts.edit_account(
            name, AccountEdit(level=level, display_name=None, expires_at=None, why="a course")
        )

    def groups(self, name: str) -> list[str]:
        groups: list[str] = self.mock.hub.known[name]["groups"]
        return groups


async def world_of(database_url: str, hub: HubDouble) -> AsyncIterator[World]:
    mock = MockPlatform()
    async with running(service, database_url, hub, mock.clients) as accounts:
        client = AccountsClient(f"{accounts.url}api/", hub.token("olga", READ, WRITE))
        yield World(accounts, mock, client)
        await client.close()


@pytest.fixture
async def world(database_url: str, hub: HubDouble) -> AsyncIterator[World]:
    async for world in world_of(database_url, hub):
        yield world


async def test_a_new_account_costs_the_hub_no_request(world: World) -> None:
    guest = await world.accounts.open_guest("192.0.2.1")
    world.mock.hub.add_user(guest.name)
    await world.accounts.create_account(AccountRequest(name="alice"))
    assert await world.tell() == []
    assert world.mock.requests == []


async def test_another_level_is_told_once(world: World) -> None:
    await world.accounts.create_account(AccountRequest(name="alice"))
    world.mock.hub.add_user("alice")
    await world.mock.clients.hub.join_group("level-1", "alice")
    await world.level("alice", Level.CUSTOM)
    asked = await world.tell()
    assert {(method, path) for _, method, path in asked} == {
        ("POST", "groups/level-n/users"),
        ("DELETE", "groups/level-1/users"),
    }
    assert world.groups("alice") == ["level-n"]
    assert await world.tell() == []


async def test_who_has_no_user_yet_is_left_to_the_login(world: World) -> None:
    await world.accounts.create_account(AccountRequest(name="alice"))
    await world.level("alice", Level.CUSTOM)
    assert await world.tell() == []
    await world.tell()
    assert world.mock.requests == []


async def test_it_is_told_again_until_the_hub_has_heard(world: World) -> None:
    await world.accounts.create_account(AccountRequest(name="alice"))
    world.mock.hub.add_user("alice")
    await world.level("alice", Level.CUSTOM)
    world.mock.fail("hub", times=1)
    await world.tell()
    assert world.groups("alice") == []
    await world.tell()
    assert world.groups("alice") == ["level-n"]


async def test_one_who_cannot_be_told_keeps_nobody_else(world: World) -> None:
    for name in ("alice", "bob"):
        await world.accounts.create_account(AccountRequest(name=name))
        world.mock.hub.add_user(name)
        await world.level(name, Level.CUSTOM)

    async def not_alice(when: str, request: httpx.Request) -> None:
        if when == "before" and request.url.path.endswith("users/alice"):
            raise httpx.ConnectError("cut off", request=request)

    world.mock.moment = not_alice
    await world.tell()
    assert (world.groups("alice"), world.groups("bob")) == ([], ["level-n"])


@pytest.mark.parametrize(
    "found", [[], ["level-0"], ["level-n"], ["level-0", "level-1", "level-n"], ["other"]]
)
async def test_the_sweep_heals_what_got_lost(world: World, found: list[str]) -> None:
    await world.accounts.create_account(AccountRequest(name="alice"))
    world.mock.hub.add_user("alice")
    world.mock.hub.groups["other"] = set()
    for group in found:
        await world.mock.clients.hub.join_group(group, "alice")
    await Reaper(world.manager).sweep()
    others = {"other"}.intersection(found)
    assert set(world.groups("alice")) == {"level-1"} | others
    world.mock.requests.clear()
    await Reaper(world.manager).sweep()
    assert [one for one in world.mock.requests if "groups" in one[2]] == []


async def test_a_user_without_an_account_has_no_level(world: World) -> None:
    world.mock.hub.add_user("mallory")
    await world.mock.clients.hub.join_group("level-n", "mallory")
    await Reaper(world.manager).sweep()
    assert world.groups("mallory") == []


async def test_the_sweep_goes_by_the_level_of_now(world: World) -> None:
    """A list that was read long ago does not undo what was told since."""
    await world.accounts.create_account(AccountRequest(name="alice"))
    world.mock.hub.add_user("alice")
    old = {"alice": {"name": "alice", "groups": ["level-1"]}}
    await world.level("alice", Level.CUSTOM)
    await world.tell()
    await Mirror(world.manager).heal(old)
    assert world.groups("alice") == ["level-n"]


SPECIAL = "custom:aglais:read:special"
TOKENS = {"accounts": "accounts-token-0000000", "program": "program-token-00000000"}


def settings_of(monkeypatch: pytest.MonkeyPatch, home: Path) -> dict[str, Any]:
    """Return what the platform tells the Hub of groups and roles, and a role for a level."""
    monkeypatch.setenv("AGLAIS_HOME", str(home))
    names = ("hub", "proxy-api", *(one.name for one in installed_services()))
    (home / "run").mkdir()
    (home / "run" / "ports.json").write_text(json.dumps(dict.fromkeys(names, 1)))
    made = Recorded()
    configure(made)
    hub = made.JupyterHub
    special = {"name": "special", "scopes": [SPECIAL], "groups": ["level-n"]}
    return {
        "services": [
            {"name": name, "api_token": TOKENS.get(name, f"{name}-token-000000000000")}
            for name in (*(one["name"] for one in hub.services), "program")
        ],
        "custom_scopes": hub.custom_scopes | {SPECIAL: {"description": "Something special"}},
        "load_roles": [
            *hub.load_roles,
            special,
            {"name": "all", "services": ["program"], "scopes": ["admin:users", "tokens", "groups"]},
        ],
        "load_groups": hub.load_groups,
        "authenticator_class": "dummy",
    }


class Recorded:
    """Takes settings of any class, as the Hub's configuration does."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.__dict__[name] = made = Recorded()
        return made


async def scopes_of(hub: EmbeddedHub, token: str) -> set[str]:
    async with httpx.AsyncClient(base_url=f"{hub.url}api/") as client:
        user = await client.get("user", headers={"Authorization": f"token {token}"})
    return set(user.json()["scopes"])


async def test_a_role_for_a_level_gives_its_scopes_on_a_real_hub(
    tmp_path: Path, hub: HubDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(monkeypatch, tmp_path)
    async with embedded_hub(tmp_path, JupyterHub=settings) as real:
        root = real.url.removesuffix("hub/")
        ours = ServiceClients(root, TOKENS["accounts"])
        program = ServiceClients(root, TOKENS["program"])
        database = f"sqlite:///{tmp_path / 'accounts.db'}"
        async with running(service, database, hub, ours) as at_work:
            manager: Managers = at_work.process.manager
            client = AccountsClient(f"{at_work.url}api/", hub.token("olga", READ, WRITE))
            world = World(at_work, MockPlatform(), client)
            for name in ("alice", "bob"):
                await client.create_account(AccountRequest(name=name))
                await program.hub.ensure_user(name)
            alice = await program.hub.create_token("alice", "a test", 600)
            bob = await program.hub.create_token("bob", "a test", 600)
            users = {user["name"]: user for user in await ours.hub.users()}
            await Mirror(manager).heal(users)
            assert (await ours.hub.user("alice") or {})["groups"] == ["level-1"]
            assert SPECIAL not in await scopes_of(real, alice)
            await world.level("alice", Level.CUSTOM)
            await Mirror(manager).tell()
            assert SPECIAL in await scopes_of(real, alice)
            assert SPECIAL not in await scopes_of(real, bob)
            await world.level("alice", Level.BASIC)
            await Mirror(manager).tell()
            assert SPECIAL not in await scopes_of(real, alice)
            assert await make_admin(ours) == 404, "the Hub says so of what one has no right to"
            assert (await ours.hub.user("alice") or {})["groups"] == ["level-1"]
            await client.close()


async def make_admin(clients: ServiceClients) -> int:
    """Try to put somebody among the administrators; return the Hub's status."""
    async with httpx.AsyncClient(
        base_url=clients.hub_api_url, headers={"Authorization": f"token {clients.token}"}
    ) as client:
        answer = await client.post("groups/aglais-admins/users", json={"users": ["alice"]})
    return answer.status_code
