"""The platform in memory: a transport for the real clients."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from aglais_hub.client.clients import ServiceClients
from aglais_hub.client.mock.accounts import MockAccounts
from aglais_hub.client.mock.booking import MockBooking
from aglais_hub.client.mock.hub import MockHub
from aglais_hub.client.mock.service import Asked, MockService, problem_answer
from aglais_hub.client.mock.storage import NOTHING, MockStorage
from aglais_hub.errors import Forbidden, NotFound, Unauthorized, error_of
from aglais_hub.identity import Actor
from aglais_hub.models.departures import Belonging

__all__ = ["MockPlatform", "Moment"]

URL = "http://platform.test/"
GIB = 2**30

Moment = Callable[[str, httpx.Request], Awaitable[None]]
"""Told ``before`` and ``after`` of each request; what it raises comes out of the client."""


@dataclass
class Trouble:
    """What goes wrong with one part, how often."""

    part: str
    left: int | None
    seconds: float = 0
    status: int | None = None
    code: str = "unavailable"
    retry_after: int | None = None
    is_cut: bool = False


class MockPlatform(httpx.AsyncBaseTransport):
    """Accounts, booking, storage and Hub, in memory.

    Parameters
    ----------
    guest_limit, guests_per_minute
        Guests at once, and from one address in a minute.
    cores, memory_bytes, overcommit
        The pool, and how many promised cores share a physical one.
    """

    def __init__(
        self,
        *,
        guest_limit: int = 20,
        guests_per_minute: int = 10,
        cores: float = 4,
        memory_bytes: int = 16 * GIB,
        overcommit: float = 4,
    ) -> None:
        self.accounts = MockAccounts(guest_limit, guests_per_minute)
        self.booking = MockBooking(cores, memory_bytes, overcommit)
        self.storage = MockStorage()
        self.hub = MockHub()
        self.accounts.elsewhere = self._belongings
        self.booking.account_of = self.accounts.account_of
        self.parts: dict[str, MockService] = {
            part.name: part for part in (self.accounts, self.booking, self.storage, self.hub)
        }
        self.actors: dict[str, Actor] = {}
        self.requests: list[tuple[str, str, str]] = []
        """Part, method and path of all requests so far, below the part's API."""
        self.moment: Moment | None = None
        self._troubles: list[Trouble] = []
        self.clients = self.clients_of("program", *self.scopes)

    @property
    def scopes(self) -> frozenset[str]:
        """All scopes that anything asks for."""
        return frozenset(route.scope for part in self.parts.values() for route, _ in part.routes())

    def clients_of(self, name: str, *scopes: str, kind: str = "service") -> ServiceClients:
        """Return the clients of somebody who holds these scopes."""
        token = secrets.token_hex(16)
        self.actors[token] = Actor(name, kind, frozenset(scopes))
        return ServiceClients(URL, token, transport=self)

    def fail(
        self,
        part: str,
        *,
        status: int = 503,
        code: str = "unavailable",
        retry_after: int | None = None,
        times: int | None = None,
    ) -> None:
        """Let a part answer with an error, so many times or until `mend`."""
        trouble = Trouble(part, times, status=status, code=code, retry_after=retry_after)
        self._add(trouble)

    def cut(self, part: str, *, times: int | None = None) -> None:
        """Let a part not answer at all."""
        self._add(Trouble(part, times, is_cut=True))

    def delay(self, part: str, seconds: float, *, times: int | None = None) -> None:
        """Let a part take its time."""
        self._add(Trouble(part, times, seconds=seconds))

    def _add(self, trouble: Trouble) -> None:
        if trouble.part not in self.parts:
            message = f"There is no part {trouble.part}; there are {', '.join(self.parts)}."
            raise ValueError(message)
        self._troubles.append(trouble)

    def mend(self, part: str | None = None) -> None:
        """End the troubles of a part, or all."""
        self._troubles = [one for one in self._troubles if part and one.part != part]

    def finish_departures(self) -> None:
        """Erase whoever leaves, with all that is theirs."""
        for name in list(self.accounts.leaving):
            self.hub.known.pop(name, None)
            for identifier, space in list(self.storage.known.items()):
                if space.account == name:
                    del self.storage.known[identifier]
            self.booking.forget(name)
            self.accounts.forget(name)
            del self.accounts.leaving[name]

    def _belongings(self, name: str) -> list[Belonging]:
        """Return what an account has besides what the accounts service keeps."""
        spaces = [one for one in self.storage.known.values() if one.account == name]
        usages = [(one, self.storage.usage.get(one.id, NOTHING)) for one in spaces]
        counts = {
            "admission": sum(one.account == name for one in self.booking.admitted.values()),
            "login at the Hub, with its tokens": int(name in self.hub.known),
            "booking": sum(one.account == name for one in self.booking.booked.values()),
            "request for more resources": sum(
                one.account == name for one in self.booking.asked.values()
            ),
        }
        return [
            *(Belonging(what=what, count=count) for what, count in counts.items() if count),
            *(
                Belonging(what=f"{one.kind} space", count=1, bytes=used.bytes, files=used.files)
                for one, used in usages
            ),
        ]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer; httpx calls this."""
        await request.aread()
        part, path = _place(request)
        self.requests.append((part, request.method, path))
        if self.moment:
            await self.moment("before", request)
        answer = await self._troubled(part, request) or self._answer(part, path, request)
        if self.moment:
            await self.moment("after", request)
        return answer

    async def _troubled(self, part: str, request: httpx.Request) -> httpx.Response | None:
        for trouble in [one for one in self._troubles if one.part == part]:
            if trouble.left is not None:
                trouble.left -= 1
                if trouble.left == 0:
                    self._troubles.remove(trouble)
            await asyncio.sleep(trouble.seconds)
            if trouble.is_cut:
                raise httpx.ConnectError("cut off", request=request)
            if trouble.status is not None:
                message = f"The {part} part fails, as it was asked to."
                problem = error_of(trouble.status, trouble.code, message, trouble.retry_after)
                return self.parts[part].problem(problem)
        return None

    def _answer(self, part: str, path: str, request: httpx.Request) -> httpx.Response:
        if part not in self.parts:
            return problem_answer(NotFound(f"There is nothing at {request.url.path}."))
        token = request.headers.get("Authorization", "").partition(" ")[2]
        actor = self.actors.get(token)
        if part == "accounts":
            actor = actor or self.accounts.node_of(token, path)
        if actor is None:
            unknown = Forbidden if part == "hub" else Unauthorized
            nobody = unknown("Send an API token: Authorization: token <token>.")
            return self.parts[part].problem(nobody)
        return self.parts[part].answer(Asked(request, actor), path)


def _place(request: httpx.Request) -> tuple[str, str]:
    """Return the part that an address is of, and the path below its API."""
    path = request.url.raw_path.decode().partition("?")[0]
    if path.startswith("/hub/api/"):
        return "hub", path.removeprefix("/hub/api/")
    service, _, rest = path.removeprefix("/services/").partition("/api/")
    return service, rest
