"""What all sessions of one Hub share: clients, the way to the Hub, the machine's sandboxes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from aglais_hub.client import AccountsClient, BookingClient, StorageClient
from aglais_hub.errors import AglaisError, Conflict, NotFound
from aglais_hub.events import EventLog
from aglais_spawners.content import Content, build_content
from aglais_spawners.sandbox import HubGateway, SandboxHost
from aglais_spawners.zeppelin import Runtime, assemble

__all__ = ["LocalPlatform", "local_platform"]

log = logging.getLogger(__name__)

TELL_SECONDS = 300
"""How long a service may be away and is still told; after that its own sweep finds out."""

PAUSE_SECONDS = 2


class LocalPlatform:
    """The platform on this machine, as its spawners see it."""

    def __init__(self, home: Path, cache_folder: Path, ports: dict[str, int], token: str) -> None:
        self.home = home
        self.cache = cache_folder
        self.sandboxes = SandboxHost()
        self.events = EventLog("hub", str(home / "events.jsonl"))
        self.accounts = AccountsClient(_api("accounts", ports), token)
        self.booking = BookingClient(_api("booking", ports), token)
        self.storage = StorageClient(_api("storage", ports), token)
        self.gateway = HubGateway(home / "run" / "hub" / "hub.sock", ports["hub"])
        self._gateway_is_open = False
        self._telling: set[asyncio.Task[None]] = set()

    @cached_property
    def runtime(self) -> Runtime:
        """Zeppelin, Spark and Python, as they were built."""
        return assemble(self.cache, lambda _step, _done: None)

    @cached_property
    def content(self) -> Content:
        """Shipped notebooks and their data, as they were built."""
        return build_content(self.cache, lambda _step, _done: None)

    def look_up_builds(self) -> tuple[Runtime, Content]:
        """Find what was built, or build it; in a thread, it may take its time."""
        return self.runtime, self.content

    async def open_gateway(self) -> None:
        """Let sessions reach the Hub's API; once for each Hub."""
        if not self._gateway_is_open:
            self._gateway_is_open = True
            await self.gateway.start()

    async def tell(self, call: Callable[..., Awaitable[Any]], *arguments: str) -> None:
        """Tell a service something; one that is away is told later, nobody waits for it."""
        try:
            await _said(call, *arguments)
        except AglaisError:
            task = asyncio.create_task(_said_at_last(call, *arguments))
            self._telling.add(task)
            task.add_done_callback(self._told)

    def _told(self, task: asyncio.Task[None]) -> None:
        self._telling.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("a service was away for too long: %s", task.exception())


async def _said(call: Callable[..., Awaitable[Any]], *arguments: str) -> None:
    try:
        await call(*arguments)
    except (Conflict, NotFound):
        return  # It is gone already, or is to stay.


_said_at_last = retry(
    wait=wait_fixed(PAUSE_SECONDS),
    stop=stop_after_delay(TELL_SECONDS),
    retry=retry_if_exception_type(AglaisError),
    reraise=True,
)(_said)


def _api(service: str, ports: dict[str, int]) -> str:
    return f"http://127.0.0.1:{ports[service]}/services/{service}/api/"


@cache
def local_platform(
    home: str, cache_folder: str, ports: tuple[tuple[str, int], ...], token: str
) -> LocalPlatform:
    """Return the platform; all spawners of a Hub share one."""
    return LocalPlatform(Path(home), Path(cache_folder), dict(ports), token)
