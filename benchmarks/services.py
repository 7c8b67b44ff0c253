"""The booking service as real processes, with a Hub and accounts that cost them nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aglais_hub.client.mock import MockPlatform
from aglais_hub.identity import scope
from aglais_hub.models.accounts import AccountRequest, Level
from tests.booking.harness.fight import name_of
from tests.booking.harness.replicas import Replicas
from tests.support.hub import HubDouble
from tests.support.mock_platform import listening

__all__ = ["Booking", "Connection", "booking"]

SCOPES = [scope(action, "bookings") for action in ("read", "write")]


@dataclass
class Booking:
    """Replicas of the service at work on a database."""

    replicas: Replicas
    tokens: list[str]
    """Of as many accounts as there are clients."""
    reader: str
    """Token of somebody who may see all bookings and admissions."""
    database: Path | None
    """Folder of the database server, if it is one."""

    def cpu_seconds(self) -> float:
        """Return the processor time of all replicas and of the database."""
        pids = [one.process.pid for one in self.replicas.all if one.process is not None]
        return sum(_ticks(pid) for pid in pids + self._database()) / os.sysconf("SC_CLK_TCK")

    def _database(self) -> list[int]:
        if self.database is None:
            return []
        server = int((self.database / "data/postmaster.pid").read_text().split()[0])
        return [server, *(pid for pid, parent in _parents() if parent == server)]


def _parents() -> list[tuple[int, int]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found.append((int(folder.name), int(_stat(folder)[1])))
        except OSError:
            continue
    return found


def _stat(folder: Path) -> list[str]:
    return (folder / "stat").read_text().rpartition(")")[2].split()


def _ticks(pid: int) -> int:
    """Return the time of a process, and of its children that have ended."""
    try:
        return sum(int(part) for part in _stat(Path(f"/proc/{pid}"))[11:15])
    except OSError:
        return 0


@asynccontextmanager
async def booking(
    database_url: str,
    folder: Path,
    *,
    replicas: int,
    clients: int = 32,
    database: Path | None = None,
    cores: int = 4096,
) -> AsyncIterator[Booking]:
    """Run it; the pool is large enough for all that is booked."""
    hub, platform = HubDouble(), MockPlatform()
    serving = hub.start()
    for number in range(clients):
        await platform.clients.accounts.create_account(
            AccountRequest(name=name_of(number), level=Level(2))
        )
    platform.actors["booking-token"] = platform.actors[platform.clients.token]
    accounts, url = listening(platform)
    running = Replicas.of(
        replicas,
        database_url=database_url,
        hub=hub,
        platform_url=url,
        folder=folder,
        settings={
            "AGLAIS_BOOKING_EMBEDDED_CORES": str(cores),
            "AGLAIS_BOOKING_EMBEDDED_MEMORY_BYTES": str(cores * 4 * 2**30),
        },
    )
    names = [name_of(number) for number in range(clients)]
    try:
        await running.start()
        yield Booking(
            running,
            [hub.token(name, *(f"{one}!user={name}" for one in SCOPES)) for name in names],
            hub.token("olga", *SCOPES, scope("read", "admissions")),
            database,
        )
    finally:
        await asyncio.to_thread(running.stop)
        for server in (serving, accounts):
            server.stop()
            await server.close_all_connections()


class Connection:
    """A connection that is kept, as cheap as can be: the client shares the processors."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        # Each client comes from elsewhere, as behind a proxy.
        self.address = f"10.0.{hash(token) % 250}.{hash(token) // 250 % 250}"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, body: bytes = b"", key: str | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (in lower case) and body of the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        keyed = f"Idempotency-Key: {key}\r\n" if key else ""
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: token {self.token}\r\n"
            f"X-Forwarded-For: {self.address}\r\n"
            f"Content-Type: application/json\r\n{keyed}Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = (line.partition(": ") for line in head[1:] if line)
        headers = {name.lower(): value for name, _, value in pairs}
        answer = await reader.readexactly(int(headers.get("content-length", 0)))
        return int(head[0].split()[1]), headers, answer

    def close(self) -> None:
        """Close it."""
        if self._streams is not None:
            self._streams[1].close()
