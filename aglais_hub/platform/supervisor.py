"""Starts the platform on this machine and keeps it up: the proxy, and the Hub with its services."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib.metadata import entry_points
from pathlib import Path
from typing import IO, Any

import httpx

from aglais_hub.client import ServiceClients
from aglais_hub.errors import AglaisError, OperatorError
from aglais_hub.platform.checks import (
    check_disk,
    check_port,
    check_root,
    check_settings,
    check_tools,
    free_ports,
    hold_home,
)
from aglais_hub.platform.mailbox import Mailbox
from aglais_hub.platform.processes import Child
from aglais_hub.platform.settings import PORT_NAMES, Platform

__all__ = ["Supervisor"]

TOOLS = ("bwrap", "socat", "java", "setpriv", "mkfs.ext4")
"""Programs that sessions need."""

SWEEP_SECONDS = 30
"""Pause between two looks for sessions that the Hub does not know."""

MAIL_SECONDS = 1
"""Pause between two looks into the mailbox."""

START_SECONDS = 90
"""Longest time to the login page."""

CONFIG = Path(__file__).parents[2] / "jupyterhub_config.py"

Report = Callable[[str], None]

log = logging.getLogger(__name__)


class Supervisor:
    """The platform's parent process.

    Parameters
    ----------
    platform
        Its settings.
    proxy_command
        How configurable-http-proxy is run.
    report
        Told in a sentence what happens.
    """

    def __init__(self, platform: Platform, proxy_command: list[str], report: Report) -> None:
        self.platform = platform
        self.proxy_command = proxy_command
        self.report = report
        self._lock_file: IO[str] | None = None

    def check(self) -> None:
        """Make sure that the platform can start, and is not running already.

        Raises
        ------
        ConfigurationError, OperatorError
            It cannot; one line says why and what to do. Nothing was made then.
        """
        check_root()
        check_settings(self.platform)
        check_tools(TOOLS)
        for janitor in _janitors():
            janitor.check_home(self.platform.home)
        check_disk([self.platform.home, self.platform.cache])
        if self._lock_path.exists():
            # Before the port is looked at: that one is in use then, and this is why.
            self._lock()
        check_port(self.platform.port)
        self.platform.prepare()
        self._lock()

    @property
    def _lock_path(self) -> Path:
        return self.platform.run / "lock"

    def _lock(self) -> None:
        self._lock_file = self._lock_file or hold_home(self.platform)

    async def run(self) -> None:
        """Run the platform until SIGINT or SIGTERM."""
        (self.platform.run / "ports.json").write_text(json.dumps(free_ports(PORT_NAMES)))
        await asyncio.gather(*(janitor.sweep_all(self.platform.home) for janitor in _janitors()))
        proxy, hub = self._proxy(), self._hub()
        stop = _stop_signal()
        keepers = [asyncio.create_task(child.keep_running()) for child in (proxy, hub)]
        background = [
            asyncio.create_task(self._keep_sweeping()),
            asyncio.create_task(self._keep_telling(Mailbox(self.platform.mailbox))),
        ]
        try:
            await self._announce(stop)
            await stop.wait()
            self.report("Ending sessions and services …")
        finally:
            for task in background:
                task.cancel()
            await hub.end()
            await proxy.end()
            await asyncio.gather(*keepers)
            await asyncio.gather(*(one.sweep_all(self.platform.home) for one in _janitors()))
        self.report("Everything has ended.")

    async def _keep_sweeping(self) -> None:
        """Clear away, for ever, what a Hub that was killed half way has forgotten."""
        async with AsyncExitStack() as stack:
            clients = ServiceClients(self.platform.url, self.platform.secret("cli"))
            stack.push_async_callback(clients.close)
            while True:
                await asyncio.sleep(SWEEP_SECONDS)
                for janitor in _janitors():
                    try:
                        await janitor.sweep_unknown(self.platform.home, clients.hub)
                    except AglaisError as failure:
                        log.info("the janitor waits: %s", failure.message)
                    except Exception:  # a background loop logs and goes on
                        log.exception("the janitor failed; it will try again")

    async def _keep_telling(self, mailbox: Mailbox) -> None:
        """Tell, for ever, which mails would have been sent."""
        while True:
            await asyncio.sleep(MAIL_SECONDS)
            for line in mailbox.news():
                self.report(line)

    async def _announce(self, stop: asyncio.Event) -> None:
        ready = asyncio.create_task(self._until_ready())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ready.done():
            ready.cancel()
            return
        ready.result()
        self.report(f"Ready: {self.platform.url}")

    async def _until_ready(self) -> None:
        """Wait until the login page and every service answer.

        Raises
        ------
        OperatorError
            They do not; it names the log.
        """
        ports = self.platform.ports
        urls = [
            f"http://127.0.0.1:{ports['hub']}/hub/health",
            *(f"http://127.0.0.1:{ports[n]}/services/{n}/health" for n in PORT_NAMES[2:]),
            f"{self.platform.url}hub/login",
        ]
        async with httpx.AsyncClient(timeout=5) as http:
            try:
                async with asyncio.timeout(START_SECONDS):
                    for url in urls:
                        await _until_answered(http, url)
            except TimeoutError:
                raise OperatorError(
                    f"The platform did not start in {START_SECONDS} s; see {self.platform.log}"
                ) from None

    def _proxy(self) -> Child:
        port = self.platform.ports["proxy-api"]
        command = [
            *self.proxy_command,
            "--ip=127.0.0.1",
            f"--port={self.platform.port}",
            "--api-ip=127.0.0.1",
            f"--api-port={port}",
            f"--error-target=http://127.0.0.1:{self.platform.ports['hub']}/hub/error",
            "--log-level=warn",
        ]
        secret = {"CONFIGPROXY_AUTH_TOKEN": self.platform.secret("proxy")}
        return Child("the proxy", command, os.environ | secret, self.platform.log, grace=5)

    def _hub(self) -> Child:
        command = [sys.executable, "-m", "jupyterhub", "--config", str(CONFIG)]
        home = {"AGLAIS_HOME": str(self.platform.home), "AGLAIS_CACHE": str(self.platform.cache)}
        return Child("the Hub", command, os.environ | home, self.platform.log, grace=60)


def _janitors() -> list[Any]:
    """Return what clears away sessions; a kind of spawner brings its own."""
    return [entry.load() for entry in entry_points(group="aglais.janitors")]


async def _until_answered(http: httpx.AsyncClient, url: str) -> None:
    while True:
        try:
            if (await http.get(url)).is_success:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.1)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
