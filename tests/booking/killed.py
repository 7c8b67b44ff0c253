"""Processes of the booking service that are killed at a named step."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select

from aglais_booking.config import BookingConfig
from aglais_booking.managers import Managers
from aglais_booking.schema import AdmissionRow, BookingRow, ChangeRow, HoldRow, NoticeRow, SpanRow
from aglais_hub.client import ServiceClients
from aglais_hub.client.mock import MockPlatform
from aglais_hub.database import Database
from aglais_hub.events import EventLog
from aglais_hub.service import Context

__all__ = ["DONE", "TASKS", "die_at", "effects_of", "manager_of", "mock_platform", "run_clock"]

GIB = 2**30

TASKS = {
    "clock": lambda manager: manager.clock.tick(),
    "unused": lambda manager: manager.unused.look(),
    "endings": lambda manager: manager.endings.look(),
    "reminders": lambda manager: manager.reminders.send(),
}
"""Work in the background that is killed, by the manager that does it."""

DONE = "done"
"""Stands for the end of a task: nobody is killed."""


def mock_platform() -> MockPlatform:
    """Return a platform on which alice has a session and an address."""
    mock = MockPlatform()
    mock.hub.add_user("alice", running=True)
    mock.accounts.made("alice", 1)  # type: ignore[arg-type]
    mock.accounts.identified("alice", "email", "alice@example.org", "alice@example.org")
    return mock


def manager_of(
    url: str, journal: Path | None = None, clients: ServiceClients | None = None, **config: Any
) -> Managers:
    """Return the managers of a replica of its own."""
    machine = {"embedded_cores": 1000, "embedded_memory_bytes": 8000 * GIB}
    settings = BookingConfig.model_validate({"database_url": url} | machine | config)
    log = EventLog("booking", str(journal) if journal else None)
    clients = clients or mock_platform().clients
    return Managers(Context(settings, Database(url), log, clients))


def die_at(step: str, task: str, url: str, journal: Path, config: dict[str, Any]) -> None:
    """Do a task in this process, which ends without a word at the step."""

    def notice(seen: str) -> None:
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    async def main() -> None:
        manager = manager_of(url, journal, **config)
        getattr(manager, task).notice = notice
        await TASKS[task](manager)
        await manager.context.database.close()

    asyncio.run(main())


def run_clock(url: str, journal: Path) -> None:
    """Let a replica of its own run its clock, as often as the service does, until it is killed."""

    async def main() -> None:
        manager = manager_of(url, journal)
        while True:
            await manager.clock.tick()
            await asyncio.sleep(1)

    asyncio.run(main())


async def effects_of(manager: Managers, journal: Path) -> dict[str, Any]:
    """Return all that can be seen from outside of what happened to bookings and sessions."""
    columns = {
        "bookings": BookingRow.state,
        "spans": SpanRow.state,
        "history": ChangeRow.what,
        "notices": NoticeRow.id,
        "holds": HoldRow.span,
        "sessions": AdmissionRow.account,
    }
    async with manager.context.database.reading() as session:
        found = {
            name: Counter(await session.scalars(select(column))) for name, column in columns.items()
        }
    notices = Counter(identifier.partition(":")[0] for identifier in found["notices"])
    return found | {"notices": notices, "events": _events(journal)}


def _events(journal: Path) -> Counter[str]:
    lines = journal.read_text().splitlines() if journal.exists() else []
    # What is published again after a crash has the id of the first time.
    events = {one["id"]: one["event"] for one in map(json.loads, lines)}
    return Counter(events.values())
