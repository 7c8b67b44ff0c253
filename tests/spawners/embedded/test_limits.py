"""What holds for an account reaches its sessions: packages, sessions at once, spaces."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aglais_hub.client.mock import MockPlatform
from aglais_hub.errors import AglaisError
from aglais_hub.models.accounts import Account, AccountEdit, Level, LevelEdit
from aglais_hub.models.booking import AdmissionRequest
from aglais_hub.models.limits import OverridesEdit
from aglais_hub.models.storage import SpaceKind, SpaceUsage
from aglais_spawners.embedded.platform import LocalPlatform
from aglais_spawners.embedded.spawner import AglaisLocalSpawner

GIB = 2**30


class AskingSpawner(AglaisLocalSpawner):
    """A spawner that asks the mock of the platform."""

    def __init__(self, name: str, mock: MockPlatform, folder: Path, **options: str) -> None:
        super().__init__(user=SimpleNamespace(name=name), home=str(folder))
        ports = dict.fromkeys(("hub", "accounts", "booking", "storage"), 1)
        self.local = LocalPlatform(folder, folder, ports, "token")
        self.local.accounts = mock.clients.accounts
        self.local.booking, self.local.storage = mock.clients.booking, mock.clients.storage
        self.user_options = options

    @property
    def platform(self) -> LocalPlatform:
        return self.local


@pytest.fixture
def mock() -> MockPlatform:
    return MockPlatform(cores=64, memory_bytes=512 * GIB)


async def member(mock: MockPlatform, **limits: Any) -> Account:
    """Return an account of level n with limits of its own."""
    mock.accounts.made("alice", Level.CUSTOM)
    return await changed(mock, **limits)


async def changed(mock: MockPlatform, **limits: Any) -> Account:
    accounts = mock.clients.accounts
    await accounts.edit_limits("alice", OverridesEdit(why="a test", **limits))
    return await accounts.account("alice")


@pytest.mark.parametrize(("package", "got"), [(None, "tiny"), ("large", "large"), ("small", None)])
async def test_a_session_starts_in_a_package_that_the_account_may(
    mock: MockPlatform, tmp_path: Path, package: str | None, got: str | None
) -> None:
    account = await member(mock, packages=("tiny", "large"))
    options = {"package": package} if package else {}
    spawner = AskingSpawner("alice", mock, tmp_path, **options)
    if got is not None:
        assert (await spawner._admit(account)).package == got
        return
    with pytest.raises(AglaisError) as refused:
        await spawner._admit(account)
    assert refused.value.code == "package-not-allowed"


async def test_a_choice_holds_for_one_start(mock: MockPlatform, tmp_path: Path) -> None:
    account = await member(mock, packages=("tiny", "small"))
    spawner = AskingSpawner("alice", mock, tmp_path, package="tiny")
    # What JupyterHub would use again at the next start.
    spawner.orm_spawner = SimpleNamespace(server=None, name="", user_options={"package": "tiny"})
    assert (await spawner._admit(account)).package == "tiny"
    assert spawner.orm_spawner.user_options == {}


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ({"package": ["tiny"]}, {"package": "tiny"}),
        ({"booking": ["b1"], "package": [" "], "x": ["y"]}, {"booking": "b1"}),
        ({}, {}),
    ],
)
def test_a_link_says_what_is_started(
    mock: MockPlatform, tmp_path: Path, query: dict[str, list[str]], options: dict[str, str]
) -> None:
    assert AskingSpawner("alice", mock, tmp_path).options_from_query(query) == options


@pytest.mark.parametrize("wrong", [{"package": "No Such"}, {"booking": "x" * 99}])
async def test_a_link_with_nonsense_is_refused_in_a_sentence(
    mock: MockPlatform, tmp_path: Path, wrong: dict[str, str]
) -> None:
    account = await member(mock)
    with pytest.raises(AglaisError) as refused:
        await AskingSpawner("alice", mock, tmp_path, **wrong)._admit(account)
    assert refused.value.message.startswith("There is no such booking or package: ")


async def test_the_steps_say_how_long_a_session_lasts(mock: MockPlatform, tmp_path: Path) -> None:
    account = await member(mock, packages=("large",))
    spawner = AskingSpawner("alice", mock, tmp_path)
    await spawner._admit(account)
    told = spawner.steps.said[-1]["message"]
    assert "is on spare capacity" not in told
    mock.booking.pool = mock.booking.pool.model_copy(update={"kept_percent": 0})
    await spawner._admit(account)
    assert "It is on spare capacity: it ends, after a warning" in spawner.steps.said[-1]["message"]


async def test_what_a_level_allows_reaches_its_accounts(mock: MockPlatform, tmp_path: Path) -> None:
    accounts = mock.clients.accounts
    mock.accounts.made("bob", Level.BASIC)
    usual = (await accounts.levels())[1].model_dump(exclude={"level"})
    await accounts.edit_level(Level.BASIC, LevelEdit(**usual | {"packages": ("medium",)}))
    spawner = AskingSpawner("bob", mock, tmp_path)
    assert (await spawner._admit(await accounts.account("bob"))).package == "medium"


async def test_one_session_more_than_may_be_is_refused(mock: MockPlatform, tmp_path: Path) -> None:
    account = await member(mock, session_count=1)
    other = AdmissionRequest(account="alice", level=Level.CUSTOM, server="other")
    await mock.clients.booking.admit(other)
    with pytest.raises(AglaisError) as refused:
        await AskingSpawner("alice", mock, tmp_path)._admit(account)
    assert refused.value.code == "session-limit"


async def quotas(spawner: AskingSpawner, account: Account) -> dict[SpaceKind, tuple[int, int]]:
    found = await spawner._spaces(account)
    return {kind: (space.quota_bytes, space.quota_files) for kind, space in found.items()}


async def test_spaces_follow_what_holds_for_the_account(mock: MockPlatform, tmp_path: Path) -> None:
    account = await member(mock, temp_bytes=2 * GIB, temp_files=99)
    spawner = AskingSpawner("alice", mock, tmp_path)
    assert (await quotas(spawner, account))[SpaceKind.TEMP] == (2 * GIB, 99)
    account = await changed(mock, temp_bytes=3 * GIB, temp_files=98)
    assert (await quotas(spawner, account))[SpaceKind.TEMP] == (3 * GIB, 98)
    edit = AccountEdit(level=Level.BASIC, display_name=None, expires_at=None, why="over")
    account = await mock.clients.accounts.edit_account("alice", edit)
    assert (await quotas(spawner, account))[SpaceKind.TEMP] == (5 * GIB, 100_000)
    assert spawner.steps.said == []


async def test_a_space_that_cannot_shrink_says_so(mock: MockPlatform, tmp_path: Path) -> None:
    account = await member(mock, temp_bytes=5 * GIB, temp_files=99)
    spawner = AskingSpawner("alice", mock, tmp_path)
    space = (await spawner._spaces(account))[SpaceKind.TEMP]
    mock.storage.usage[space.id] = SpaceUsage(bytes=3 * GIB, files=9)
    account = await changed(mock, temp_bytes=2 * GIB, temp_files=98)
    assert (await quotas(spawner, account))[SpaceKind.TEMP] == (5 * GIB, 98)
    (said,) = spawner.steps.said
    assert "Your temp space stays at 5 GiB" in said["message"]
    assert "does not fit into 2 GiB" in said["message"]


@pytest.mark.parametrize("nothing", [{"user_bytes": 0}, {"user_files": 0}])
async def test_an_account_may_have_no_saved_data(
    mock: MockPlatform, tmp_path: Path, nothing: dict[str, int]
) -> None:
    account = await member(mock, **nothing)
    spaces = await quotas(AskingSpawner("alice", mock, tmp_path), account)
    assert set(spaces) == {SpaceKind.TEMP, SpaceKind.NOTEBOOKS}
