"""An OAuth provider: a real HTTP server that does what the test says, lies and silence included."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, HTTPError, RequestHandler

CLIENT_ID, CLIENT_SECRET = "aglais", "very-secret-of-the-client"
DESCRIPTION = "/.well-known/openid-configuration"


@dataclass
class Answer:
    """What is answered instead of the truth."""

    body: Any = b""
    status: int = 200
    after_seconds: float = 0


@dataclass
class OAuthProvider:
    """Speaks as an honest provider does, until a path is told to answer something else."""

    claims: dict[str, Any] = field(default_factory=lambda: dict(ALICE))
    emails: list[dict[str, Any]] = field(default_factory=list)
    instead: dict[str, Answer] = field(default_factory=dict)
    denies: str | None = None
    id_claims: dict[str, Any] | None = None
    scope: str = "openid email profile"
    url: str = ""
    asked: list[str] = field(default_factory=list)
    authorized: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    given: list[str] = field(default_factory=list)
    """Codes and tokens, also those that were used."""
    tokens: list[str] = field(default_factory=list)

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return how the platform is told of this provider, as one that speaks OpenID."""
        return {
            "class": "oidc", "title": "Sky ID", "issuer": self.url,
            "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
        } | more  # fmt: skip

    @property
    def secrets(self) -> list[str]:
        """Everything that no log may hold."""
        states = [one["state"] for one in self.authorized if "state" in one]
        return [CLIENT_SECRET, *self.given, *states]


ALICE = {
    "sub": "248289761001", "id": 4711, "login": "alice", "username": "alice",
    "preferred_username": "alice", "name": "Alice Example", "email": "Alice@Example.org",
    "email_verified": True,
}  # fmt: skip


class Page(RequestHandler):
    """A page of the provider."""

    @property
    def provider(self) -> OAuthProvider:
        provider: OAuthProvider = self.settings["provider"]
        return provider

    async def prepare(self) -> None:
        self.provider.asked.append(self.request.path)
        answer = self.provider.instead.get(self.request.path)
        if answer is None:
            return
        await asyncio.sleep(answer.after_seconds)
        self.set_status(answer.status)
        body = answer.body
        if isinstance(body, bytes):
            self.finish(body or None)
        else:
            self.finish(json.dumps(body))

    def answer(self, body: Any) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(body))


class Authorize(Page):
    """Where the browser is sent; this person always says yes, or always no."""

    def get(self) -> None:
        asked = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        self.provider.authorized.append(asked)
        back = {"state": asked["state"]}
        if self.provider.denies:
            back |= {"error": self.provider.denies, "error_description": "<b>call us</b>"}
        else:
            back |= {"code": secrets.token_urlsafe(12)}
            self.provider.codes[back["code"]] = asked
            self.provider.given.append(back["code"])
        self.redirect(f"{asked['redirect_uri']}?{urlencode(back)}")


class Token(Page):
    """Exchanges a code for a token, once, as RFC 6749 and 7636 want it."""

    def post(self) -> None:
        sent = {name: self.get_body_argument(name) for name in self.request.body_arguments}
        begun = self.provider.codes.pop(sent.get("code", ""), None)
        if begun is None or sent["redirect_uri"] != begun["redirect_uri"]:
            self.set_status(400)
            self.answer({"error": "invalid_grant"})
            return
        if (sent["client_id"], sent["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            raise HTTPError(401)
        hashed = hashlib.sha256(sent["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        assert begun["code_challenge"] == challenge
        self.provider.tokens.append(secrets.token_urlsafe(12))
        self.provider.given.append(self.provider.tokens[-1])
        token = {"access_token": self.provider.tokens[-1], "token_type": "bearer"}
        self.answer(token | {"scope": self.provider.scope} | self._id_token())

    def _id_token(self) -> Mapping[str, str]:
        if self.provider.id_claims is None:
            return {}
        return {"id_token": jwt.encode(self.provider.id_claims, "k" * 32, algorithm="HS256")}


class UserInfo(Page):
    """Says who holds a token."""

    def get(self) -> None:
        kind, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or token not in self.provider.tokens:
            raise HTTPError(401)
        self.answer(self.provider.claims)


class Emails(UserInfo):
    """GitHub's addresses of a person."""

    def get(self) -> None:
        self.answer(self.provider.emails)


class Other(Page):
    """Where nothing is, unless the test says otherwise."""

    def get(self) -> None:
        raise HTTPError(404)


class Description(Page):
    """How an OpenID provider describes itself."""

    def get(self) -> None:
        url = self.provider.url
        self.answer(
            {
                "issuer": url,
                "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}/token",
                "userinfo_endpoint": f"{url}/userinfo",
            }
        )


ROUTES = [
    ("/(?:authorize|login/oauth/authorize|oauth/authorize)", Authorize),
    ("/(?:token|login/oauth/access_token|oauth/token|oauth2/v4/token)", Token),
    ("/(?:userinfo|api/v3/user|api/v4/user|oauth2/v1/userinfo)", UserInfo),
    ("/api/v3/user/emails", Emails),
    (DESCRIPTION, Description),
    ("/.*", Other),
]


@asynccontextmanager
async def oauth_provider() -> AsyncIterator[OAuthProvider]:
    """Run a provider until the block ends."""
    provider = OAuthProvider()
    socket, port = bind_unused_port()
    server = HTTPServer(Application(ROUTES, provider=provider))
    server.add_socket(socket)
    provider.url = f"http://127.0.0.1:{port}"
    yield provider
    server.stop()
    await server.close_all_connections()
