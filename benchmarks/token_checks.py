"""What a service spends on finding out who asks, beside JupyterHub's own HubAuth.

    python -m benchmarks.token_checks [--rounds 5] [--checks 20000]

Both find the holder of a request's token (header or cookie), with the scopes checked. The Hub is
a real one where the answer is not known yet. Prints also when a revocation is seen: the longest
time that an answer is believed.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from jupyterhub.services.auth import HubOAuth, HubOAuthenticated
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application, RequestHandler, create_signed_value

from aglais_hub.web.api import BaseHandler
from aglais_hub.web.tokens import BELIEVED_SECONDS, TokenBook
from benchmarks.figures import percentile, show
from benchmarks.hubs import PLAIN, plain

SECRET = b"secret"

SERVICE = (
    PLAIN
    + """
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.services = [
    {"name": f"one-{n}", "api_token": f"token-of-one-{n}"} for n in range(31)
]
c.JupyterHub.load_roles = [
    {"name": "ones", "scopes": ["access:services", "list:users", "read:users"],
     "services": [f"one-{n}" for n in range(31)]},
]
"""
)


class Peer(HubOAuthenticated, RequestHandler):
    """A handler as JupyterHub's documentation has it."""

    async def identify(self) -> dict[str, Any] | None:
        """Find out who asks."""
        model = await self.hub_auth.get_user(self, sync=False)
        return model and self.check_hub_user(model)


def auth_of(url: str) -> HubOAuth:
    """Return where the Hub is, for either."""
    auth = HubOAuth(api_url=f"{url}api", api_token="own", oauth_client_id="x", base_url="/x/")  # noqa: S106
    auth.access_scopes = {"access:services", "access:services!service=x"}
    return auth


class Connection:
    """What a handler asks of a connection that is none."""

    context = type("Context", (), {"remote_ip": "127.0.0.1", "protocol": "http"})()

    def set_close_callback(self, _callback: Any) -> None:
        """Never close."""


def asker(kind: type[Any], auth: HubOAuth, book: TokenBook) -> Callable[[str, bool], Any]:
    """Return what makes a handler for a request that carries a token."""
    application = Application(cookie_secret=SECRET, tokens=book)
    bound = type(kind.__name__, (kind,), {"_hub_auth": auth})

    def handler(token: str, by_cookie: bool) -> Any:
        headers = HTTPHeaders({"Host": "x", "Sec-Fetch-Mode": "navigate"})
        if by_cookie:
            headers["Cookie"] = f"x={create_signed_value(SECRET, 'x', token).decode()}"
        else:
            headers["Authorization"] = f"token {token}"
        line = RequestStartLine("GET", "/x/", "HTTP/1.1")
        request = HTTPServerRequest(start_line=line, headers=headers, connection=Connection())  # type: ignore[arg-type]
        return bound(application, request)

    return handler


async def known(make: Callable[[str, bool], Any], checks: int, *, by_cookie: bool) -> float:
    """Return microseconds of a check whose answer is known."""
    await make("token-of-one-0", by_cookie).identify()
    handlers = [make("token-of-one-0", by_cookie) for _ in range(checks)]
    began = time.perf_counter()
    for handler in handlers:
        await handler.identify()
    return (time.perf_counter() - began) / checks * 1e6


async def unknown(make: Callable[[str, bool], Any], numbers: range) -> float:
    """Return milliseconds of a check that asks the Hub; the median."""
    took = []
    for number in numbers:
        handler = make(f"token-of-one-{number}", False)
        began = time.perf_counter()
        assert await handler.identify() is not None
        took.append((time.perf_counter() - began) * 1000)
    return percentile(took, 50)


async def at_once(make: Callable[[str, bool], Any], number: int, people: int) -> float:
    """Return milliseconds until all of so many requests with one new token are answered."""
    handlers = [make(f"token-of-one-{number}", False) for _ in range(people)]
    began = time.perf_counter()
    await asyncio.gather(*(handler.identify() for handler in handlers))
    return (time.perf_counter() - began) * 1000


async def measure(url: str, rounds: int, checks: int) -> dict[str, list[list[float]]]:
    """Measure both alternately; each round is a new process's memory."""
    seen: dict[str, list[list[float]]] = {}
    for turn in range(rounds + 1):
        for who, kind in enumerate((BaseHandler, Peer)):
            auth = auth_of(url)
            make = asker(kind, auth, TokenBook(auth))
            figures: dict[str, Awaitable[float]] = {
                "known, by header, µs": known(make, checks, by_cookie=False),
                "known, by cookie, µs": known(make, checks, by_cookie=True),
                "asks the Hub, ms": unknown(make, range(1, 30)),
                "100 at once with one new token, ms": at_once(make, 30, 100),
            }
            for row, figure in figures.items():
                value = await figure
                if turn:  # the first one warms up
                    seen.setdefault(row, [[], []])[who].append(value)
    seen["a revocation is seen after, s"] = [[BELIEVED_SECONDS], [float(auth.cache_max_age)]]
    return seen


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checks", type=int, default=20_000)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    with plain(SERVICE) as hub:
        assert httpx.get(f"{hub.url}health").status_code == 200
        seen = asyncio.run(measure(hub.url, given.rounds, given.checks))
    show(f"Who holds a token, {given.rounds} rounds", ("ours", "HubAuth"), seen)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
