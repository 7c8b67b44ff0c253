"""A site that publishes SSH keys by name, as GitHub and GitLab do: a real HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler


@dataclass
class KeySiteDouble:
    """Users and what is shown of them; some names make trouble."""

    url: str = ""
    users: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set as soon as somebody has asked."""
    hold: asyncio.Event | None = None
    """Set: answers wait for it."""


class Keys(RequestHandler):
    async def get(self, name: str) -> None:
        site: KeySiteDouble = self.settings["site"]
        site.asked.append(name)
        site.came.set()
        if site.hold is not None:
            await site.hold.wait()
        if name == "moved":
            self.redirect("/alice.keys")
        elif name == "page":
            self.finish("<html>Sign in</html>")
        elif name == "broken":
            self.set_status(502)
        elif name == "binary":
            self._text(b"\xff\xfe\x00")
        elif name == "endless":
            await self._endless()
        elif name in site.users:
            self._text(site.users[name].encode())
        else:
            self.set_status(404)

    def _text(self, content: bytes) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(content)

    async def _endless(self) -> None:
        self.set_header("Content-Type", "text/plain")
        while not self.request.connection.stream.closed():  # type: ignore[union-attr]
            self.write(b"ssh-ed25519 AAAA\n" * 1000)
            await self.flush()


@asynccontextmanager
async def key_site() -> AsyncIterator[KeySiteDouble]:
    """Run one until the block ends."""
    socket, port = bind_unused_port()
    site = KeySiteDouble(url=f"http://127.0.0.1:{port}")
    server = HTTPServer(Application([(r"/([^/]+)\.keys", Keys)], site=site))
    server.add_socket(socket)
    yield site
    server.stop()
    await server.close_all_connections()
