"""A service for real browsers: in a thread of its own, with the Hub's scripts and styles beside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from jupyterhub._data import DATA_FILES_PATH
from playwright.sync_api import BrowserContext
from tornado.web import Application, StaticFileHandler, create_signed_value

from aglais_hub.service import Service
from tests.support.hub import HubDouble
from tests.support.services import SECRET, RunningService, running

T = TypeVar("T")

STATIC = {"path": str(Path(DATA_FILES_PATH) / "static")}


@dataclass
class BrowsedService:
    """A service that a browser can be sent to."""

    service: RunningService
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        """Where its pages are."""
        return self.service.url

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something where the service runs."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def log_in(self, context: BrowserContext, name: str, *scopes: str, groups: Any = ()) -> None:
        """Give a browser the cookie that the Hub's login ends with."""
        hub, cookie = self.service.hub, self.service.process.service.name
        token = hub.token(name, *scopes)
        hub.tokens[token]["groups"] = list(groups)
        signed = create_signed_value(SECRET, cookie, token).decode()
        context.add_cookies([{"name": cookie, "value": signed, "url": self.url}])


@contextmanager
def browsed(
    service: Service, database_url: str, clients: Any = None, **config: Any
) -> Iterator[BrowsedService]:
    """Run a service until the block ends."""
    started: list[BrowsedService] = []
    ready, over = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(
            _serve(service, database_url, clients, config, started.append, ready, over)
        )
    )
    thread.start()
    ready.wait(60)
    try:
        yield started[0]
    finally:
        over.set()
        thread.join(30)


async def _serve(
    service: Service,
    database_url: str,
    clients: Any,
    config: dict[str, Any],
    tell: Callable[[BrowsedService], None],
    ready: threading.Event,
    over: threading.Event,
) -> None:
    hub = HubDouble()
    server = hub.start()
    try:
        async with running(service, database_url, hub, clients, **config) as at_work:
            _serve_static(at_work.application)
            tell(BrowsedService(at_work, asyncio.get_running_loop()))
            ready.set()
            await asyncio.to_thread(over.wait)
    finally:
        ready.set()
        server.stop()


def _serve_static(application: Application) -> None:
    application.add_handlers(".*", [(r"/hub/static/(.*)", StaticFileHandler, STATIC)])
