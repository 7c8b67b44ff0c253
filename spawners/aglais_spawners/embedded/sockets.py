"""Servers that are reached through a Unix socket, for a Hub that thinks in ports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from jupyterhub.objects import Server
from traitlets import Instance

from aglais_hub.errors import OperatorError

__all__ = [
    "SOCKET_URL",
    "SocketServer",
    "SocketTooLongError",
    "check_length",
    "socket_of",
    "until_answered",
]

SOCKET_URL = "http+unix://session:1"
"""What the Hub's database keeps of such a server: that it has a socket; which, is not in it."""

LONGEST_PATH = 107
"""Bytes of a Unix socket's path that the kernel takes."""

PAUSE = 0.1


class SocketTooLongError(OperatorError):
    """A socket's path is longer than the kernel takes."""

    code = "socket-too-long"


class SocketServer(Server):
    """JupyterHub's idea of a server, at a Unix socket.

    JupyterHub builds a server's address from a host and a port, which spoils a path.
    """

    socket = Instance(Path)

    @property
    def host(self) -> str:
        """Where the proxy finds it."""
        return f"http+unix://{quote(str(self.socket), safe='')}"

    @property
    def url(self) -> str:
        """Where its pages begin."""
        return f"{self.host}{self.base_url}"

    async def wait_up(self, timeout: float = 10, **_: Any) -> Any:  # noqa: ASYNC109 (JupyterHub's own)
        """Wait until it answers; returns the answer."""
        async with asyncio.timeout(timeout):
            return await until_answered(self.socket, self.base_url, lambda: True)

    def is_up(self) -> bool:
        """Tell whether there is a socket at all."""
        return bool(self.socket.is_socket())


def socket_of(folder: Path) -> Path:
    """Return where the server of the session in this folder answers."""
    return folder / "session" / "http.sock"


def check_length(path: Path) -> None:
    """Refuse a path that no socket can have.

    Raises
    ------
    SocketTooLongError
        It says what to shorten.
    """
    if len(bytes(path)) > LONGEST_PATH:
        over = len(bytes(path)) - LONGEST_PATH
        message = f"The path of AGLAIS_HOME is {over} bytes too long for the sockets in it: {path}"
        raise SocketTooLongError(message)


async def until_answered(
    socket: Path, path: str, is_alive: Callable[[], bool]
) -> aiohttp.ClientResponse | None:
    """Return the first answer of a server at a socket, or none when it is no longer alive."""
    connector = aiohttp.UnixConnector(path=str(socket))
    limit = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(connector=connector, timeout=limit) as session:
        while is_alive():
            try:
                async with session.get(f"http://session{path}", allow_redirects=False) as answer:
                    if answer.status < 500:
                        return answer
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(PAUSE)
    return None
