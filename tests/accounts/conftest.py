"""Fixtures of the accounts service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from aglais_accounts import service
from aglais_hub.client import AccountsClient
from aglais_hub.client.mock import MockPlatform
from aglais_hub.models import utcnow
from tests.accounts.departing import LEAVE, READ, SETTLE, WRITE, World
from tests.support.hub import HubDouble
from tests.support.services import running


@pytest.fixture
async def world(database_url: str, hub: HubDouble, monkeypatch: Any) -> AsyncIterator[World]:
    mock = MockPlatform(cores=64, memory_bytes=2**40)
    config = {"guest_settle_seconds": SETTLE, "guests_per_minute": 1000, "guest_limit": 1000}
    async with running(service, database_url, hub, mock.clients, **config) as accounts:
        token = hub.token("program", READ, WRITE, LEAVE, kind="service")
        client = AccountsClient(f"{accounts.url}api/", token)
        world = World(accounts, mock, client)
        events = accounts.process.context.events

        def publish(_log: Any, event: str, **facts: Any) -> None:
            world.events.append((event, facts["account"]))
            world.reports |= {facts["account"]: facts["report"]} if "report" in facts else {}

        monkeypatch.setattr(type(events), "publish", publish)
        yield world
        await client.close()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the reaper believe that it is so many seconds later."""

    def move(seconds: float) -> None:
        monkeypatch.setattr(
            "aglais_accounts.reaper.utcnow", lambda: utcnow() + timedelta(seconds=seconds)
        )

    return move
