"""A real JupyterHub in the test's own process: no proxy, and sessions that are only said to run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from jupyterhub.app import JupyterHub
from jupyterhub.proxy import Proxy
from jupyterhub.spawner import Spawner
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from traitlets.config import Config


class NoProxy(Proxy):
    """Routes nothing."""

    should_start = False

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None: ...

    async def delete_route(self, routespec: str) -> None: ...

    async def get_all_routes(self) -> dict[str, Any]:
        return {}


class SaysItRuns(Spawner):
    """A session that is none."""

    runs = False

    async def start(self) -> tuple[str, int]:
        self.runs = True
        return "127.0.0.1", 1

    async def stop(self, now: bool = False) -> None:
        self.runs = False

    async def poll(self) -> int | None:
        return None if self.runs else 0


class QuietHub(JupyterHub):
    """Reads no file, writes no log, leaves the test's signals alone."""

    def load_config_file(self, *_args: Any, **_options: Any) -> None: ...

    def init_signal(self) -> None: ...

    def init_logging(self) -> None:
        super().init_logging()
        self.log.handlers.clear()
        self.log.propagate = True


@dataclass
class EmbeddedHub:
    """The Hub, and where it answers."""

    app: Any
    url: str

    def browser(self, address: str | None = None) -> httpx.AsyncClient:
        """Return a browser; the proxy, which it would come through, tells its address."""
        headers = {"X-Forwarded-For": address} if address else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers)


@asynccontextmanager
async def embedded_hub(folder: Path, **settings: dict[str, Any]) -> AsyncIterator[EmbeddedHub]:
    """Run a Hub until the block ends; settings are traits by class."""
    socket, port = bind_unused_port()
    config = Config(settings)
    config.JupyterHub.merge(
        {
            "hub_bind_url": f"http://127.0.0.1:{port}",
            "bind_url": f"http://127.0.0.1:{port}",
            "db_url": f"sqlite:///{folder / 'hub.sqlite'}",
            "cookie_secret": b"0" * 32,
            "proxy_class": NoProxy,
            "spawner_class": SaysItRuns,
        }
    )
    app = QuietHub(config=config)
    await app.initialize([])
    server = HTTPServer(
        app.tornado_application, xheaders=True, trusted_downstream=app.trusted_downstream_ips
    )
    server.add_socket(socket)
    yield EmbeddedHub(app, f"http://127.0.0.1:{port}/hub/")
    server.stop()
    await server.close_all_connections()
    app.db.close()
    app.db.get_bind().dispose()
    QuietHub.clear_instance()
