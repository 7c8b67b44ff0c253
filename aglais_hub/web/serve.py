"""Runs one service as a process that the Hub started, until it is told to stop."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import signal
from datetime import timedelta
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth
from tornado.httpserver import HTTPServer

from aglais_hub.client import ServiceClients
from aglais_hub.config import ConfigurationError
from aglais_hub.database.migrations import migrate
from aglais_hub.errors import AglaisError
from aglais_hub.logs import set_up_logs
from aglais_hub.platform.processes import end_with_parent
from aglais_hub.service import Chore, Service, ServiceProcess
from aglais_hub.web.app import make_application
from aglais_hub.web.metrics import watch_lag

__all__ = ["run_service"]

log = logging.getLogger(__name__)

FORGETTING = timedelta(minutes=10)
"""How often answers that are too old are forgotten."""

UNREAD_BODY_FACTOR = 4
"""Bodies between the limit and this multiple are read off before the refusal is written."""


def run_service(service: Service) -> None:
    """Serve until SIGTERM; called by ``python -m aglais_<service>``."""
    set_up_logs()
    # A Hub that comes after one that crashed must find the port free.
    hub = os.environ.get("AGLAIS_HUB_PID")
    end_with_parent(int(hub) if hub else None)
    config = service.config.load()
    migrate(service.package, config.database_url.get_secret_value())
    asyncio.run(_serve(service, config))


async def _serve(service: Service, config: object) -> None:
    auth = HubOAuth(allow_websocket_cookie_auth=False)
    prefix, url = os.environ["JUPYTERHUB_SERVICE_PREFIX"], os.environ["JUPYTERHUB_SERVICE_URL"]
    clients = ServiceClients(config.platform_url, auth.api_token)  # type: ignore[attr-defined]
    process = ServiceProcess.open(service, config, prefix, clients)  # type: ignore[arg-type]
    # Replicas share the token, so a login at one of them holds at all.
    cookie_secret = hashlib.sha256(b"cookie:" + auth.api_token.encode()).digest()
    application = make_application(process, auth, cookie_secret)
    server = HTTPServer(
        application,
        xheaders=True,
        max_body_size=config.body_limit_bytes * UNREAD_BODY_FACTOR,  # type: ignore[attr-defined]
    )
    address = urlsplit(url)
    try:
        server.listen(address.port or 0, address.hostname or "127.0.0.1")
    except OSError as taken:
        raise ConfigurationError(f"{service.name} cannot listen on {url}: {taken}") from taken
    log.info("%s serves %s on %s", service.name, prefix, url)
    await _until_told(process)
    server.stop()
    await server.close_all_connections()
    await process.manager.close()
    await clients.close()
    await process.database.close()


async def _until_told(process: ServiceProcess) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(watch_lag(process.service.name))]
    forget = Chore("forget-answers", FORGETTING, lambda _manager: process.answers.forget())
    chores = (*process.service.chores, forget)
    tasks += [asyncio.create_task(keep_doing(process, chore)) for chore in chores]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def keep_doing(process: ServiceProcess, chore: Chore) -> None:
    """Do a chore for ever, in the one replica that has the lease, or in all; log failures."""
    while True:
        try:
            if chore.in_all or await process.leases.take(chore.name, chore.every * 3):
                await chore.act(process.manager)
        except AglaisError as failure:  # another part is away; it says so in a sentence
            log.warning("%s waits: %s", chore.name, failure.message)
        except Exception:  # a background loop logs, counts and goes on
            log.exception("%s failed; it will be tried again", chore.name)
        await asyncio.sleep(chore.every.total_seconds())
