"""A service of the platform, at work in the test's own process on a real database."""

from __future__ import annotations

import atexit
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from cryptography.fernet import Fernet
from jupyterhub.services.auth import HubOAuth
from sqlalchemy import make_url
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import create_signed_value

from aglais_hub.client import ServiceClients
from aglais_hub.database.migrations import migrate
from aglais_hub.service import Service, ServiceProcess
from aglais_hub.web.app import make_application
from tests.support.hub import HubDouble

SECRET = b"secret"
"""What cookies are signed with."""

NO_TLS = ssl.create_default_context()
"""Given to each client: making one of its own, which nobody uses, takes httpx 20 ms."""


def prepare_database(package: str, url: str) -> None:
    """Bring a database to its newest state; a new SQLite one is copied from one that is."""
    file = Path(make_url(url).database or "")
    if url.startswith("sqlite") and not file.exists():
        shutil.copyfile(_migrated(package), file)
    else:
        migrate(package, url)


@cache
def _migrated(package: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="aglais-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    migrate(package, f"sqlite:///{folder / 'new.db'}")
    return folder / "new.db"


@dataclass
class RunningService:
    """A service and the ways to ask it."""

    process: ServiceProcess
    hub: HubDouble
    url: str
    application: Any = None

    def api(self, token: str | None) -> httpx.AsyncClient:
        """Return a client of the API with a token, or with none."""
        headers = {"Authorization": f"token {token}"} if token else {}
        return httpx.AsyncClient(base_url=f"{self.url}api/", headers=headers, verify=NO_TLS)

    def browser(self, name: str, *scopes: str, **token: Any) -> httpx.AsyncClient:
        """Return a browser in which somebody has logged in; it follows no redirects.

        The cookie is the one that HubOAuth makes from the Hub's answer to the login.
        """
        cookie, given = self.process.service.name, self.hub.token(name, *scopes, **token)
        signed = create_signed_value(SECRET, cookie, given).decode()
        return httpx.AsyncClient(base_url=self.url, cookies={cookie: signed}, verify=NO_TLS)

    def program(self, *scopes: str) -> httpx.AsyncClient:
        """Return a client of the API that holds these scopes, as a service does."""
        return self.api(self.hub.token("program", *scopes, kind="service"))


@asynccontextmanager
async def running(
    service: Service, database_url: str, hub: HubDouble, clients: Any = None, **config: Any
) -> AsyncIterator[RunningService]:
    """Run a service against a Hub's double until the block ends."""
    prepare_database(service.package, database_url)
    prefix = f"/services/{service.name}/"
    if "secret_keys" in service.config.model_fields:
        config.setdefault("secret_keys", Fernet.generate_key().decode())
    settings = service.config(database_url=database_url, **config)
    clients = clients or ServiceClients("http://127.0.0.1:1/", "none")
    process = ServiceProcess.open(service, settings, prefix, clients)
    auth = HubOAuth(
        api_url=hub.url, api_token=f"{service.name}-token", oauth_client_id=service.name,
        base_url=prefix, oauth_redirect_uri=f"{prefix}oauth_callback", hub_prefix="/hub/",
        allow_websocket_cookie_auth=False,
    )  # fmt: skip
    auth.access_scopes = {"access:services", f"access:services!service={service.name}"}
    application = make_application(process, auth, SECRET)
    server = HTTPServer(application, max_body_size=2**22)
    socket, port = bind_unused_port()
    server.add_socket(socket)
    yield RunningService(process, hub, f"http://127.0.0.1:{port}{prefix}", application)
    server.stop()
    await server.close_all_connections()
    await process.database.close()
