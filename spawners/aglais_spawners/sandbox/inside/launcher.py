"""Starts interpreters as the user when the server asks, over a socket that only it may use."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .children import Child, Children
    from .logs import LogFile
    from .privileges import Identity

__all__ = ["Launcher"]

_REQUEST_BYTES = 1 << 20
_REQUEST_SECONDS = 10.0
_GRACE_SECONDS = 5.0
_FLUSH_SECONDS = 2.0
_MOST_AT_ONCE = 64


class RefusedError(Exception):
    """The request asks for something that may not be started."""


@dataclass
class Launcher:
    """Answers one connection with one process; either of them ends the other."""

    children: Children
    log: LogFile
    server_uid: int
    identity: Identity
    program: str
    env: Mapping[str, str]
    directory: str
    running: int = 0

    async def serve(self, path: str) -> None:
        """Listen at ``path``; the directory's mode keeps the user away from it."""
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path)
        os.chmod(path, 0o666)  # noqa: PTH101, S103 - each connection is checked
        await asyncio.start_unix_server(self._answer, sock=listening, limit=_REQUEST_BYTES)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _peer_uid(writer)
        self.running += 1
        try:
            if peer != self.server_uid:
                raise RefusedError(f"uid {peer} may not start interpreters")
            if self.running > _MOST_AT_ONCE:
                raise RefusedError(f"{_MOST_AT_ONCE} interpreters are running already")
            await self._launch(await self._request(reader), writer)
        except (RefusedError, OSError) as error:
            self.log.line(f"launcher: {error}")
            writer.write(f"aglais: {error}\n".encode())
        finally:
            self.running -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _request(self, reader: asyncio.StreamReader) -> tuple[list[str], dict[str, str]]:
        try:
            line = await asyncio.wait_for(reader.readline(), _REQUEST_SECONDS)
            request = json.loads(line)
            argv, env = request["argv"], request.get("env", {})
        except (TimeoutError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise RefusedError("a request is one line of JSON with argv and env") from error
        if not _is_strings(argv) or not isinstance(env, dict) or not _is_strings([*env.values()]):
            raise RefusedError("argv is a list of strings, env maps strings to strings")
        if argv[:1] != [self.program]:
            raise RefusedError(f"{self.program} is all that may be started")
        return argv, env

    async def _launch(
        self, request: tuple[list[str], dict[str, str]], writer: asyncio.StreamWriter
    ) -> None:
        argv, env = request
        output, child_end = os.pipe()
        try:
            child = self.children.start(
                argv,
                env={**env, **self.env},
                identity=self.identity,
                directory=self.directory,
                output=child_end,
            )
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(child_end)
        self.log.line(f"launcher: {child.pid} is {' '.join(argv)}")
        code = await _relay(child, output, writer)
        self.log.line(f"launcher: {child.pid} ended with {code}")


async def _relay(child: Child, output: int, writer: asyncio.StreamWriter) -> int:
    copying = asyncio.create_task(_copy(output, writer))
    with _HangUp(writer) as hang_up:
        ends: list[asyncio.Future[Any]] = [child.exited, hang_up.seen]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    if not child.exited.done():
        await child.end(_GRACE_SECONDS)
    child.signal_group(signal.SIGKILL)  # what an interpreter leaves running in its group
    await asyncio.wait([copying], timeout=_FLUSH_SECONDS)
    copying.cancel()
    return child.exited.result()


async def _copy(output: int, writer: asyncio.StreamWriter) -> None:
    """Copy at the reader's pace, so that a slow one costs no memory here."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(output, "rb", buffering=0)
    )
    try:
        while text := await reader.read(65536):
            writer.write(text)
            await writer.drain()
    except OSError:
        pass  # the server has gone; the process follows it
    finally:
        transport.close()


class _HangUp:
    """Waits for the far side to close altogether.

    A client that has sent its line may close that direction only (socat does, at the end of its
    input), so end of file says nothing; epoll without asking for events reports just EPOLLHUP.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.seen: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._epoll = select.epoll()
        self._epoll.register(writer.get_extra_info("socket").fileno(), 0)

    def __enter__(self) -> _HangUp:
        asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._notice)
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()
        self._epoll.close()

    def _notice(self) -> None:
        self._forget()
        if not self.seen.done():
            self.seen.set_result(None)

    def _forget(self) -> None:
        asyncio.get_running_loop().remove_reader(self._epoll.fileno())


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    credentials = writer.get_extra_info("socket").getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
    )
    return int(struct.unpack("3i", credentials)[1])


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, str) and "\0" not in item for item in value
    )
