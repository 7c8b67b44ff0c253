"""The shipped mock of the platform, listening: for services that run as processes."""

from __future__ import annotations

from typing import Any

import httpx
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from aglais_hub.client.mock import MockPlatform

PASSED = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match")


def listening(platform: MockPlatform) -> tuple[HTTPServer, str]:
    """Return a server that answers as the mock does, and its address."""
    socket, port = bind_unused_port()
    server = HTTPServer(Application([(r"/(.*)", Forward)], platform=platform))
    server.add_socket(socket)
    return server, f"http://127.0.0.1:{port}/"


class Forward(RequestHandler):
    async def prepare(self) -> None:
        platform: MockPlatform = self.settings["platform"]
        sent = self.request
        headers = {name: sent.headers[name] for name in PASSED if name in sent.headers}
        url = f"{sent.protocol}://{sent.host}{sent.uri}"
        request = httpx.Request(sent.method or "", url, headers=headers, content=sent.body)
        answer = await platform.handle_async_request(request)
        self.set_status(answer.status_code)
        for name in ("Content-Type", "Location", "Link", "Retry-After", "ETag"):
            if name in answer.headers:
                self.set_header(name, answer.headers[name])
        self.finish(await _body(answer) or None)


async def _body(answer: Any) -> bytes:
    content: bytes = await answer.aread()
    return content
