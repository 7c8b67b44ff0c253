"""Processes of the storage service that are killed at a named step."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from aglais_hub.client import ServiceClients
from aglais_hub.database import Database
from aglais_hub.events import EventLog
from aglais_hub.identity import Actor
from aglais_hub.models.storage import Space, SpaceEdit, SpaceKind, SpaceRequest
from aglais_hub.service import Context
from aglais_storage.config import StorageConfig
from aglais_storage.manager import READ, WRITE, SpaceManager

ROOT_USER = Actor("root", "user", frozenset({READ, WRITE}))
MIB = 2**20
ASKED = SpaceRequest(account="alice", kind=SpaceKind.TEMP, quota_bytes=4 * MIB, quota_files=20)
LARGER = SpaceEdit(quota_bytes=200 * MIB, quota_files=30)


def manager_of(url: str, root: Path, backend: str) -> SpaceManager:
    config = StorageConfig.model_validate(
        {
            "database_url": url, "root": root, "backend": "directory", "reserve_bytes": 0,
            "settle_seconds": 0, "stray_seconds": 0,
        }
    )  # fmt: skip
    clients = ServiceClients("http://127.0.0.1:1/", "none")
    manager = SpaceManager(Context(config, Database(url), EventLog("storage", None), clients))
    manager.chosen = manager.backends[backend]
    return manager


async def work(manager: SpaceManager, task: str) -> Any:
    if task == "ensure":
        return await manager.ensure(ROOT_USER, ASKED)
    space: Space = (await manager.spaces(ROOT_USER, None, 0, 1))[0][0]
    if task == "edit":
        return await manager.edit(ROOT_USER, space.id, LARGER, None)
    return await manager.erase(ROOT_USER, space.id)


def die_at(step: str, task: str, url: str, root: Path, backend: str) -> None:
    """Do a task in this process, which ends without a word before the step."""

    def notice(seen: str) -> None:
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    async def main() -> None:
        manager = manager_of(url, root, backend)
        manager.notice = notice
        await work(manager, task)

    asyncio.run(main())
