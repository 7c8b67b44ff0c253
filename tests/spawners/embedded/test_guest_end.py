"""What the end of a session means for its account: a guest goes with it, a member never does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from aglais_hub.client.mock import MockPlatform
from aglais_hub.models.accounts import Account, Level
from aglais_spawners.embedded import platform as platform_module
from aglais_spawners.embedded.platform import LocalPlatform
from aglais_spawners.embedded.spawner import AglaisLocalSpawner


class NoSandboxes:
    """A machine on which nothing runs any more."""

    async def end(self, _folder: Path) -> None: ...


class EndingSpawner(AglaisLocalSpawner):
    """A spawner whose session is over."""

    def __init__(self, account: Account, local: LocalPlatform) -> None:
        super().__init__(user=SimpleNamespace(name=account.name), home=str(local.home))
        self.local = local
        self.is_guest = account.level is Level.ANONYMOUS
        self.record = object()  # type: ignore[assignment]

    @property
    def platform(self) -> LocalPlatform:
        return self.local


@pytest.fixture
def mock() -> MockPlatform:
    return MockPlatform()


@pytest.fixture
def local(tmp_path: Path, mock: MockPlatform, monkeypatch: pytest.MonkeyPatch) -> LocalPlatform:
    monkeypatch.setattr(platform_module, "PAUSE_SECONDS", 0)
    ports = dict.fromkeys(("hub", "accounts", "booking", "storage"), 1)
    local = LocalPlatform(tmp_path, tmp_path, ports, "token")
    local.accounts, local.sandboxes = mock.clients.accounts, NoSandboxes()  # type: ignore[assignment]
    return local


async def test_a_guest_goes_with_its_session(mock: MockPlatform, local: LocalPlatform) -> None:
    guest = await mock.clients.accounts.open_guest("192.0.2.1")
    await EndingSpawner(guest, local).run_post_stop_hook()
    assert set(mock.accounts.leaving) == {guest.name}


async def test_a_guest_who_has_become_a_member_stays(
    mock: MockPlatform, local: LocalPlatform
) -> None:
    guest = await mock.clients.accounts.open_guest("192.0.2.1")
    spawner = EndingSpawner(guest, local)
    mock.accounts.known[guest.name] = guest.model_copy(update={"level": Level.BASIC})
    await spawner.run_post_stop_hook()
    assert mock.accounts.leaving == {}
    assert local._telling == set(), "it is not tried again"


async def test_nothing_is_erased_by_who_cannot_ask(
    mock: MockPlatform, local: LocalPlatform
) -> None:
    guest = await mock.clients.accounts.open_guest("192.0.2.1")
    mock.cut("accounts")
    await EndingSpawner(guest, local).run_post_stop_hook()
    assert mock.accounts.leaving == {}
    (task,) = local._telling
    mock.accounts.known[guest.name] = guest.model_copy(update={"level": Level.BASIC})
    mock.mend()
    await task
    assert mock.accounts.leaving == {}, "by then it was a member"


async def test_a_member_stays(mock: MockPlatform, local: LocalPlatform) -> None:
    member = mock.accounts.made("alice", Level.BASIC)
    await EndingSpawner(member, local).run_post_stop_hook()
    assert mock.accounts.leaving == {}
