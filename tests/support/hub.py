"""A Hub that knows tokens, users and servers, for tests of one service: a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

ACCESS = "access:services"


@dataclass
class HubDouble:
    """Answers what services ask a Hub: who holds a token, which users there are."""

    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    url: str = ""
    asked: list[str] = field(default_factory=list)
    """Tokens that it was asked about, in order."""
    takes: Callable[[str], Awaitable[None]] | None = None
    """What it does, given the token, before it answers who holds it."""
    ails: int = 0
    """Status of its answers while it ails."""

    def token(self, name: str, *scopes: str, kind: str = "user", access: bool = True) -> str:
        """Return a new token of a user or service that holds these scopes."""
        token = f"token-{len(self.tokens)}-{name}"
        held = [*scopes, ACCESS] if access else list(scopes)
        self.tokens[token] = {"name": name, "kind": kind, "scopes": held, "groups": []}
        return token

    def start(self) -> HTTPServer:
        socket, port = bind_unused_port()
        self.url = f"http://127.0.0.1:{port}/hub/api/"
        rules = [
            ("/hub/api/user", WhoAmI),
            ("/hub/api/users", Users),
            ("/hub/api/users/([^/]+)", OneUser),
            ("/hub/api/users/([^/]+)/server", Server),
            ("/hub/api/users/([^/]+)/servers/([^/]+)", NamedServer),
        ]
        server = HTTPServer(Application(rules, hub=self))
        server.add_socket(socket)
        return server


class HubHandler(RequestHandler):
    @property
    def hub(self) -> HubDouble:
        hub: HubDouble = self.settings["hub"]
        return hub


class WhoAmI(HubHandler):
    async def get(self) -> None:
        token = self.request.headers.get("Authorization", "").partition(" ")[2]
        self.hub.asked.append(token)
        model = self.hub.tokens.get(token)
        if self.hub.takes is not None:
            await self.hub.takes(token)
        if self.hub.ails:
            self.set_status(self.hub.ails)
            return
        if model is None:
            self.set_status(403)
            self.finish({"status": 403, "message": "Forbidden"})
            return
        self.finish(model)


class Users(HubHandler):
    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        users = list(self.hub.users.values())
        self.finish(json.dumps({"items": users, "_pagination": {"next": None}}))


class OneUser(HubHandler):
    def delete(self, name: str) -> None:
        self.set_status(204 if self.hub.users.pop(name, None) else 404)


class Server(HubHandler):
    def delete(self, name: str) -> None:
        user = self.hub.users.get(name)
        if user is None:
            self.set_status(404)
            return
        user["servers"] = {}
        self.set_status(204)


class NamedServer(HubHandler):
    def delete(self, name: str, server: str) -> None:
        user = self.hub.users.get(name, {"servers": {}})
        self.set_status(204 if user["servers"].pop(server, None) else 404)
