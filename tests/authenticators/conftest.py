"""A real Hub before the real accounts service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.accounts import AccountsWorld, accounts_world
from tests.support.doors import Doors, Visitor, doors_of
from tests.support.hub import HubDouble


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[AccountsWorld]:
    """The accounts service; who asks it is told by a Hub's double."""
    double = HubDouble()
    server = double.start()
    async with accounts_world(f"sqlite:///{tmp_path / 'accounts.db'}", double) as world:
        yield world
    server.stop()
    await server.close_all_connections()


@pytest.fixture
async def doors(tmp_path: Path, world: AccountsWorld) -> AsyncIterator[Doors]:
    """All doors, open."""
    async with doors_of(tmp_path, world.client) as hub:
        yield Doors(hub, world)


@pytest.fixture
async def visitor(doors: Doors) -> AsyncIterator[Visitor]:
    """Somebody who comes with a new browser."""
    async with doors.visitor() as visitor:
        yield visitor
