"""Processes of the booking service that are killed at a named step."""

from __future__ import annotations

import asyncio
import os
import signal

from aglais_booking.config import BookingConfig
from aglais_booking.managers import Managers
from aglais_hub.client import ServiceClients
from aglais_hub.client.mock import MockPlatform
from aglais_hub.database import Database
from aglais_hub.events import EventLog
from aglais_hub.service import Context

GIB = 2**30

TASKS = {
    "clock": lambda manager: manager.clock.tick(),
    "unused": lambda manager: manager.unused.look(),
    "endings": lambda manager: manager.endings.look(),
    "reminders": lambda manager: manager.reminders.send(),
}


def manager_of(
    url: str, journal: str | None = None, clients: ServiceClients | None = None, **config: object
) -> Managers:
    """Return the managers of a replica of its own."""
    machine = {"embedded_cores": 16, "embedded_memory_bytes": 256 * GIB}
    settings = BookingConfig.model_validate({"database_url": url} | machine | config)
    clients = clients or MockPlatform().clients
    return Managers(Context(settings, Database(url), EventLog("booking", journal), clients))


def die_at(step: str, task: str, url: str, journal: str, config: dict[str, object]) -> None:
    """Do a task in this process, which ends without a word at the step."""

    def notice(seen: str) -> None:
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    async def main() -> None:
        manager = manager_of(url, journal, mock_of(config), **config)
        getattr(manager, task).notice = notice
        await TASKS[task](manager)

    asyncio.run(main())


def mock_of(config: dict[str, object]) -> ServiceClients:
    """Return a platform on which the accounts that own something have a server."""
    mock = MockPlatform()
    mock.hub.add_user("alice", running=True)
    return mock.clients


def tick_until(moment: float, url: str, journal: str) -> None:
    """Let a replica of its own run its clock, as the service does, until a time of the machine."""
    import time

    async def main() -> None:
        manager = manager_of(url, journal)
        while time.time() < moment:
            await manager.clock.tick()
            await asyncio.sleep(0.05)

    asyncio.run(main())
