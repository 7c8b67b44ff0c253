"""Logging in to the nodes of clusters: a real sshd asks the accounts service."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import httpx
import pytest

from aglais_accounts import service
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from tests.support.hub import HubDouble
from tests.support.keys import pair, private, public
from tests.support.node_sshd import SHIPPED, Node, node
from tests.support.services import RunningService, running

pytestmark = pytest.mark.sshd

SCOPES = tuple(
    scope(action, thing)
    for action in ("read", "write")
    for thing in ("accounts", "keys", "grants", "departures")
)
USERS = {"alice": True, "bob": True, "carol": True, "dave": False, "games": True}
"""Users of the nodes; dave is one of the node's own, games one of the system's."""


@dataclass
class Platform:
    """The accounts service, a program that may do everything, and two nodes."""

    accounts: RunningService
    api: httpx.AsyncClient
    keys: dict[str, str]
    atlas: Node
    borea: Node

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.api.post(path, json=body)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def grant(self, account: str, cluster: str = "atlas", **until: Any) -> None:
        await self.post("grants", cluster=cluster, account=account, **until)


@pytest.fixture
async def platform(database_url: str, hub: HubDouble, tmp_path: Path) -> AsyncIterator[Platform]:
    async with AsyncExitStack() as stack:
        accounts = await stack.enter_async_context(running(service, database_url, hub))
        api = await stack.enter_async_context(accounts.program(*SCOPES))
        for name in USERS:
            level = 1 if name == "carol" else 2
            await api.post("accounts", json={"name": name, "level": level})
        nodes, keys = [], {}
        for number, name in enumerate(USERS):
            body = {"public": public(number=number)}
            keys[name] = (await api.post(f"accounts/{name}/keys", json=body)).json()["id"]
        for cluster in ("atlas", "borea"):
            made = await api.post("node-tokens", json={"cluster": cluster, "title": "node 1"})
            url = f"{accounts.url}api/clusters/{cluster}/authorized-keys"
            of = node(tmp_path / cluster, USERS, url, made.json()["token"])
            nodes.append(await stack.enter_async_context(of))
        yield Platform(accounts, api, keys, *nodes)


def key_of(name: str) -> asyncssh.SSHKey:
    return pair(number=list(USERS).index(name))


async def test_an_owner_gets_into_its_own_cluster_only(platform: Platform) -> None:
    await platform.grant("alice")
    assert await platform.atlas.log_in("alice", key_of("alice")) == "alice"
    assert not await platform.borea.lets_in("alice", key_of("alice"))
    seen = (await platform.api.get(f"accounts/alice/keys/{platform.keys['alice']}")).json()
    assert seen["last_used_at"] is not None


async def test_the_command_ssh_gets_in_too_and_may_forward_nothing(
    platform: Platform, tmp_path: Path
) -> None:
    await platform.grant("alice")
    identity = tmp_path / "id"
    identity.write_text(private())
    identity.chmod(0o600)
    options = {
        "StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null", "BatchMode": "yes",
        "IdentitiesOnly": "yes", "ExitOnForwardFailure": "yes",
    }  # fmt: skip
    command = ["ssh", "-F", "none", "-i", str(identity), "-p", str(platform.atlas.port)]
    command += [f"-o{name}={value}" for name, value in options.items()]
    done = await asyncio.to_thread(_run, [*command, "alice@127.0.0.1", "id -un"])
    assert (done.returncode, done.stdout) == (0, "alice\n"), done.stderr
    forwarding = ["-R", "0:127.0.0.1:1", "alice@127.0.0.1", "id -un"]
    refused = await asyncio.to_thread(_run, [*command, *forwarding])
    assert refused.returncode != 0
    assert "remote port forwarding failed" in refused.stderr


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def no_grant(platform: Platform) -> None:
    await platform.api.delete("grants/atlas/alice")


async def no_key(platform: Platform) -> None:
    await platform.api.delete(f"accounts/alice/keys/{platform.keys['alice']}")


async def leaving(platform: Platform) -> None:
    await platform.post("accounts/alice/leave", reason="asked to")


async def token_revoked(platform: Platform) -> None:
    for token in (await platform.api.get("node-tokens")).json():
        await platform.api.delete(f"node-tokens/{token['id']}")


async def soon_over(platform: Platform) -> None:
    await platform.grant("alice", expires_at=(utcnow() + timedelta(seconds=1)).isoformat())
    await asyncio.sleep(1.1)


async def lower_level(platform: Platform) -> None:
    from sqlalchemy import update

    from aglais_accounts.schema import AccountRow

    async with platform.accounts.process.database.transaction() as session:
        alice = update(AccountRow).where(AccountRow.name == "alice")
        await session.execute(alice.values(level=1))


ENDS: list[Callable[[Platform], Awaitable[None]]] = [
    no_grant, no_key, leaving, token_revoked, soon_over, lower_level
]  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
async def test_it_ends_at_once(
    platform: Platform, end: Callable[[Platform], Awaitable[None]]
) -> None:
    await platform.grant("alice")
    assert await platform.atlas.lets_in("alice", key_of("alice"))
    await end(platform)
    assert not await platform.atlas.lets_in("alice", key_of("alice"))


async def test_who_is_refused(platform: Platform) -> None:
    for name in ("alice", "dave", "games"):
        await platform.grant(name)
    refused = await platform.api.post("grants", json={"cluster": "atlas", "account": "carol"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not-level-n")
    generated = await platform.post("accounts/alice/keys/generate", title="For syncs")
    private_keys = scope("read", "private-keys")
    async with platform.accounts.program(private_keys) as sync:
        half = await sync.get(f"accounts/alice/keys/{generated['id']}/private")
    platforms_own = asyncssh.import_private_key(half.json()["private"])
    tried = {
        "level n with a grant": ("alice", key_of("alice"), True),
        "level n without": ("bob", key_of("bob"), False),
        "a member": ("carol", key_of("carol"), False),
        "as somebody else": ("bob", key_of("alice"), False),
        "somebody else's key": ("alice", key_of("bob"), False),
        "a key that nobody has": ("alice", pair(number=99), False),
        "a key that the platform acts with": ("alice", platforms_own, False),
        "a user of the node's own": ("dave", key_of("dave"), False),
        "a user of the system": ("games", key_of("games"), False),
        "root": ("root", key_of("alice"), False),
        "nobody there": ("erin", key_of("alice"), False),
    }
    found = {
        who: await platform.atlas.lets_in(login, key) for who, (login, key, _) in tried.items()
    }
    assert found == {who: is_in for who, (*_, is_in) in tried.items()}


async def test_nobody_gets_in_while_the_platform_does_not_answer(
    platform: Platform, hub: HubDouble, tmp_path: Path
) -> None:
    await platform.grant("alice")
    silent = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(60), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    places = {"away": "http://127.0.0.1:1/", "silent": f"http://127.0.0.1:{port}/"}
    for name, url in places.items():
        async with node(tmp_path / name, USERS, url, "any") as cut_off:
            assert not await cut_off.lets_in("alice", key_of("alice")), name
    silent.close()


async def test_the_token_is_in_no_list_of_processes(platform: Platform, tmp_path: Path) -> None:
    """The command line of everything that runs while a slow answer is waited for."""
    await platform.grant("alice")
    slow = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(60), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{slow.sockets[0].getsockname()[1]}/"
    async with node(tmp_path / "slow", USERS, url, "aglais-node-seen") as waiting:
        trying = asyncio.create_task(waiting.lets_in("alice", key_of("alice")))
        await asyncio.sleep(1.5)
        lines = [_command_line(place) for place in Path("/proc").glob("[0-9]*")]  # noqa: ASYNC240
        assert any("--data-urlencode user=alice" in line for line in lines)
        assert not any("aglais-node-seen" in line for line in lines)
        assert not await trying
    slow.close()


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


@pytest.mark.parametrize(
    "config", ["", 'url = "http://127.0.0.1:1/"', 'url = "file:///etc/passwd"']
)
async def test_the_command_asks_over_tls_unless_it_is_told_otherwise(
    tmp_path: Path, config: str
) -> None:
    file = tmp_path / "node.curl"
    file.write_text(config + "\n")
    command = [str(SHIPPED / "aglais-authorized-keys"), str(file), "nobody"]
    done = await asyncio.to_thread(_run, command)
    assert (done.returncode, done.stdout) == (1, "")
