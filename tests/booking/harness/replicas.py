"""Replicas of the real booking service, as processes that are killed and come back."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from tornado.testing import bind_unused_port

from tests.support.hub import HubDouble

PREFIX = "/services/booking/"
START_SECONDS = 60


@dataclass
class Replica:
    """One process, always at the same address."""

    port: int
    environment: dict[str, str]
    module: tuple[str, ...]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.module],
                env=os.environ | self.environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    async def answers(self) -> None:
        """Wait until it does."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(START_SECONDS):
            while True:
                assert self.process is not None
                if (code := self.process.poll()) is not None:
                    message = f"the replica ended with {code}: {self.log.read_text()[-2000:]}"
                    raise RuntimeError(message)
                try:
                    async with session.get(f"{self.url}health") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)


@dataclass
class Replicas:
    """All of them; clients choose one for each request, as behind a proxy."""

    all: list[Replica]
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    @classmethod
    def of(
        cls,
        count: int,
        *,
        database_url: str,
        hub: HubDouble,
        platform_url: str,
        folder: Path,
        module: tuple[str, ...] = ("aglais_booking",),
        settings: dict[str, str] | None = None,
    ) -> Replicas:
        """Make some; they are not started yet."""
        made = []
        for number in range(count):
            socket, port = bind_unused_port()
            socket.close()
            environment = {
                "AGLAIS_BOOKING_DATABASE_URL": database_url,
                "AGLAIS_BOOKING_PLATFORM_URL": platform_url,
                "AGLAIS_BOOKING_JOURNAL": str(folder / "events.jsonl"),
                "AGLAIS_HUB_PID": str(os.getpid()),
                "JUPYTERHUB_API_URL": hub.url,
                "JUPYTERHUB_API_TOKEN": "booking-token",
                "JUPYTERHUB_CLIENT_ID": "service-booking",
                "JUPYTERHUB_SERVICE_NAME": "booking",
                "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
                "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}{PREFIX}",
                "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services"]',
                "JUPYTERHUB_BASE_URL": "/",
                **(settings or {}),
            }
            made.append(Replica(port, environment, module, folder / f"replica-{number}.txt"))
        return cls(made)

    async def start(self) -> None:
        # One after the other: the first one migrates.
        for replica in self.all:
            replica.start()
            await replica.answers()

    def any(self) -> str:
        """Return the address of one of them, whether it lives or not."""
        return self.chance.choice(self.all).url

    def stop(self) -> None:
        for replica in self.all:
            if replica.process is not None and replica.process.poll() is None:
                replica.process.terminate()
        for replica in self.all:
            if replica.process is not None:
                try:
                    replica.process.wait(20)
                except subprocess.TimeoutExpired:
                    replica.kill()
