"""The OAuth end of a Hub as a small real HTTP server: codes of single use, PKCE, users."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class OAuthHub:
    """What the double knows and has seen."""

    client_id: str = "jupyterhub-user-alice"
    client_secret: str = "the-secret-of-alices-server"
    visitor: str = "alice"
    """Who is logged in at the Hub in the browser that comes next."""
    scopes: tuple[str, ...] = ("access:servers!server=alice/",)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    """The Authorization header of each call to end the session."""
    url: str = ""
    refuses_to_end: int = 0
    """So many calls to end the session fail before one succeeds."""

    def authorize(self, query: dict[str, str]) -> str:
        """Answer a browser: returns where it goes next."""
        assert query["client_id"] == self.client_id
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.codes[code] = {**query, "visitor": self.visitor}
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        """Change a code for a token; None where anything about it is wrong."""
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("client_id") != self.client_id
            or form.get("client_secret") != self.client_secret
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return None
        token = secrets.token_urlsafe()
        self.tokens[token] = asked["visitor"]
        return {"access_token": token, "token_type": "Bearer"}

    def end(self, authorization: str) -> bool:
        self.ended.append(authorization)
        self.refuses_to_end -= 1
        return self.refuses_to_end < 0


@contextmanager
def oauth_hub() -> Iterator[OAuthHub]:
    hub = OAuthHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def _handler(hub: OAuthHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path == "/hub/api/oauth2/authorize":
                self._answer(302, None, Location=hub.authorize(query))
            elif address.path == "/hub/api/user":
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                name = hub.tokens.get(token)
                body = {"name": name, "admin": False, "scopes": list(hub.scopes)}
                self._answer(200 if name else 403, body)
            else:
                self._answer(404, None)

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            token = hub.token({name: values[0] for name, values in parse_qs(text).items()})
            self._answer(200 if token else 400, token)

        def do_DELETE(self) -> None:
            self._answer(204 if hub.end(self.headers["Authorization"]) else 503, None)

        def _answer(self, status: int, body: Any, **headers: str) -> None:
            data = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    return Handler
