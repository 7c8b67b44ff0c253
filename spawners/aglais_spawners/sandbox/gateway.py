"""The way out of a sandbox: a Unix socket of the hub that leads to its API and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HubGateway"]

_log = logging.getLogger(__name__)
_CHUNK_BYTES = 65536
_CONNECT_SECONDS = 5.0


class HubGateway:
    """Forwards connections at ``path`` to a loopback port of the host.

    Sandboxes see the directory of ``path``, not the socket itself: after a restart of the hub
    they find the new socket there. Users of a session (uids of the host, which the kernel
    vouches for) share ``most_per_uid`` connections; more are closed at once.
    """

    def __init__(self, path: Path, port: int, *, most: int = 1024, most_per_uid: int = 64) -> None:
        self.path = path
        self._port = port
        self._most = most
        self._most_per_uid = most_per_uid
        self._open: Counter[int] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def connections(self) -> int:
        """How many are open now."""
        return self._open.total()

    async def start(self) -> None:
        """Listen; a socket left by an earlier hub is replaced."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.parent.chmod(0o711)
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accepted, self.path)
        self.path.chmod(0o666)

    async def stop(self) -> None:
        """Close the socket and every connection through it."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = _peer_uid(writer)
        if self.connections >= self._most or self._open[uid] >= self._most_per_uid:
            _log.warning("gateway: uid %d has too many connections open", uid)
            writer.close()
            return
        self._open[uid] += 1
        task = asyncio.create_task(self._forward(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._closed(uid, done))

    def _closed(self, uid: int, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._open[uid] -= 1
        if not self._open[uid]:
            del self._open[uid]

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                hub_reader, hub_writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError as error:  # TimeoutError is one
            _log.warning("gateway: the hub does not answer at port %d: %s", self._port, error)
            writer.close()
            return
        try:
            await asyncio.gather(_copy(reader, hub_writer), _copy(hub_reader, writer))
        except OSError:
            pass  # either side went away; the other is closed below
        finally:
            hub_writer.close()
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    credentials = writer.get_extra_info("socket").getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
    )
    return int(struct.unpack("3i", credentials)[1])
