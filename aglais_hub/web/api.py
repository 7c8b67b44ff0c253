"""Handlers of the REST API: who asks, what for, and the answer as JSON."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from jupyterhub.services.auth import HubOAuthenticated
from sqlalchemy.exc import IntegrityError
from tornado.httputil import url_concat
from tornado.web import HTTPError, RequestHandler

from aglais_hub.database import Answer, is_away
from aglais_hub.errors import (
    AglaisError,
    Forbidden,
    InvalidRequest,
    NotFound,
    Unauthorized,
    Unavailable,
    error_of,
)
from aglais_hub.identity import Actor
from aglais_hub.models import Model
from aglais_hub.operations import Operation
from aglais_hub.paging import Batch, Window
from aglais_hub.service import ServiceProcess
from aglais_hub.versions import version_of
from aglais_hub.web.addresses import came_from
from aglais_hub.web.forms import parse_body
from aglais_hub.web.streams import send
from aglais_hub.web.tokens import TokenBook

__all__ = ["ApiHandler", "BaseHandler", "NoSuchApi"]

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Model)

SENT_TOKEN = re.compile(r"(?:token|bearer)\s+(.+)", re.IGNORECASE)
"""The header that a token is sent in; one in the address would be in logs and histories."""

OURS = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
"""Addresses of proxies on this machine: what came by one is from whom it says."""

AWAY_SECONDS = 2
"""When to try again while the database is away: about how long it takes to restart."""

PAGE_LIMIT = 200
"""Most things in one answer."""


class BaseHandler(HubOAuthenticated, RequestHandler):
    """What pages and API share: the actor, the body, paging, and how errors come out."""

    actor: Actor

    @property
    def process(self) -> ServiceProcess:
        """The running service."""
        process: ServiceProcess = self.settings["process"]
        return process

    @property
    def manager(self) -> Any:
        """The service's manager; handlers of a service narrow its type."""
        return self.process.manager

    def set_default_headers(self) -> None:
        """Keep answers out of caches, frames and guesses."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Content-Security-Policy", "frame-ancestors 'self'")

    def check_xsrf_cookie(self) -> None:
        """Leave it to `identify`, which knows by then whether a cookie was used at all."""

    @property
    def tokens(self) -> TokenBook:
        """Knows who holds which token."""
        book: TokenBook = self.settings["tokens"]
        return book

    def get_current_user(self) -> None:
        """Know nobody before `identify`: what the base class does here would block everybody."""

    async def identify(self) -> Actor | None:
        """Find out who asks: by token, or by the cookie of the Hub's login.

        A token that was sent decides alone; no cookie helps where it is not good.

        Raises
        ------
        Forbidden
            Who asks may not use this service, or a cookie came without its XSRF token.
        """
        sent = SENT_TOKEN.match(self.request.headers.get("Authorization", ""))
        if sent is not None:
            # It needs no XSRF token: another site cannot make a browser send this header.
            self._token_authenticated = True
            # Not `remote_ip`: who sends X-Real-Ip would guess in the name of somebody else.
            address = came_from(self.request, OURS)
            actor = await self.tokens.actor(sent[1], address)
        else:
            actor = await self._by_cookie()
        self.current_user = actor
        return actor

    async def _by_cookie(self) -> Actor | None:
        cookies = self.request.headers.get("Cookie", "")
        if not cookies or self.request.headers.get("Sec-Fetch-Mode") == "websocket":
            return None
        actor = self.tokens.seen(cookies)
        if actor is None:
            actor = await self._by_new_cookie(cookies)
        elif not self.is_page_view:
            self.hub_auth.check_xsrf_cookie(self)
        return actor

    async def _by_new_cookie(self, cookies: str) -> Actor | None:
        kept = self.hub_auth._get_token_cookie(self)  # noqa: SLF001 (no public way to ask)
        if not kept:
            return None
        # It lets a browser's page views pass, and wants the XSRF token of all else.
        self.hub_auth.check_xsrf_cookie(self)
        # No address: the cookie is signed, so its token was good once and is no guess.
        actor = await self.tokens.actor(kept)
        if actor is None:
            self.hub_auth.clear_cookie(self)
        else:
            self.tokens.see(cookies, kept)
        return actor

    @property
    def is_page_view(self) -> bool:
        """Whether a browser says that a person looks at a page."""
        is_reading = self.request.method in {"GET", "HEAD"}
        return is_reading and self.request.headers.get("Sec-Fetch-Mode") == "navigate"

    def read_body(self, model: type[M]) -> M:
        """Parse the body, a form or JSON."""
        content_type = self.request.headers.get("Content-Type", "")
        return parse_body(model, content_type, self.request.body, self.request.body_arguments)

    def read_query(self, model: type[M]) -> M:
        """Parse the query; what is given several times is a list."""
        given = self.request.query_arguments
        return parse_body(model, "", b"", {name: [b",".join(given[name])] for name in given})

    @property
    def asker(self) -> str:
        """Whose keys they are: those of users and of services are told apart."""
        return f"{self.actor.kind}:{self.actor.name}"

    async def act_once(
        self, act: Callable[[], Awaitable[Answer]], key: str, request: bytes
    ) -> Answer:
        """Act, or repeat the answer given before to the same key; both in one transaction."""
        book = self.process.answers
        async with self.process.database.transaction():
            # Claimed before anything is done: the same, asked twice at once, waits for the other.
            earlier = await book.claim(self.asker, key, request)
            if earlier is not None:
                return earlier
            answer = await act()
            await book.settle(self.asker, key, answer)
            return answer

    def window(self) -> tuple[int, int]:
        """Return offset and limit of the part of a list that is asked for."""
        offset, limit = self.get_query_argument("offset", "0"), self.get_query_argument("limit", "")
        try:
            start, size = int(offset), int(limit or PAGE_LIMIT // 4)
        except ValueError:
            raise InvalidRequest("offset and limit are whole numbers.") from None
        if not (0 <= start < 2**31 and 1 <= size <= PAGE_LIMIT):
            raise InvalidRequest(f"offset starts at 0; limit is 1 to {PAGE_LIMIT}.")
        return start, size

    def place(self) -> Window:
        """Return the part of a long list that is asked for."""
        start, limit = self.window()
        if start:
            raise InvalidRequest("This list has no offset: follow the Link of each answer.")
        return Window(limit, self.get_query_argument("after", None))

    def rest(self, **window: str) -> str:
        """Return the address of another part of the list that is asked for."""
        query = [
            (name, value)
            for name in self.request.query_arguments
            if name not in {"offset", "limit", "after"}
            for value in self.get_query_arguments(name)
        ]
        return url_concat(self.request.path, query + list(window.items()))

    def part(self, things: Sequence[M]) -> tuple[Sequence[M], int]:
        """Return the part of a list that is asked for, and how many things there are in all."""
        offset, limit = self.window()
        return things[offset : offset + limit], len(things)

    def named(self, argument: str) -> list[str]:
        """Return what a query names, such as ``?name=alice&name=bob``."""
        names = self.get_query_arguments(argument)
        if len(names) > PAGE_LIMIT:
            raise InvalidRequest(f"Name at most {PAGE_LIMIT} at once.")
        return names

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """Decode a part of the path or query; the one character that databases refuse is none."""
        text = super().decode_argument(value, name)
        if "\0" in text:
            raise InvalidRequest(f"{name or 'The path'} cannot hold the NUL character.")
        return text

    def url(self, *parts: str) -> str:
        """Return the path of a thing of this service."""
        return self.process.prefix + "/".join(parts)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what is our fault with its trace; what the other side did wrong is no error."""
        if is_away(value):
            log.warning("the database does not answer: %s", type(value).__name__)
        elif not isinstance(value, AglaisError | HTTPError):
            super().log_exception(typ, value, tb)

    def problem(self, status: int, kwargs: dict[str, Any]) -> AglaisError:
        """Return what went wrong as one of ours, without a word of the inside."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, AglaisError):
            return error
        if is_away(error):
            message = "The database does not answer. Please try again in a moment."
            return Unavailable(message, retry_after=AWAY_SECONDS)
        if isinstance(error, HTTPError) and status < 500:
            return error_of(status, "refused", error.log_message or self._reason)
        return AglaisError("Something went wrong here; it has been logged. Please try again.")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with what went wrong."""
        problem = self.problem(status_code, kwargs)
        self.set_status(problem.status)
        if problem.retry_after is not None:
            self.set_header("Retry-After", str(problem.retry_after))
        self.show_problem(problem)

    def show_problem(self, problem: AglaisError) -> None:
        """Write the problem's body; pages write a page."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(problem.as_dict()))


class ApiHandler(BaseHandler):
    """Handler of one URL of the REST API; its methods are operations."""

    is_new = True

    async def prepare(self) -> None:
        """Let nobody in who is not known."""
        actor = await self.identify()
        if actor is None:
            raise Unauthorized("Send an API token: Authorization: token <token>.")
        self.actor = actor

    async def perform(
        self, spec: Operation, method: Callable[..., Awaitable[Any]], path: dict[str, str]
    ) -> None:
        """Do an operation: scope, body, the method itself, the answer."""
        if not self.actor.holds_any(spec.scope):
            raise Forbidden(f"{self.actor.name} needs the scope {spec.scope}.")
        arguments: list[Any] = [self.read_query(spec.asks)] if spec.asks else []
        arguments += [self.read_body(spec.body)] if spec.body else []

        if spec.media:
            await send(self, spec.media, await method(self, *arguments, **path))
            return

        problem = await self._asked(*arguments, **path) if spec.asks_first else None

        async def act() -> Answer:
            if problem is not None:
                raise problem
            return self._answer(spec, await method(self, *arguments, **path))

        self._send(spec, await self._once(act, spec))

    async def _asked(self, *arguments: Any, **path: str) -> AglaisError | None:
        """Ask other services; what they refuse counts only if there is no earlier answer."""
        try:
            await self.ask_first(*arguments, **path)
        except AglaisError as problem:
            return problem
        return None

    async def ask_first(self, *arguments: Any, **path: str) -> None:
        """Ask other services what an operation needs to know, before any transaction is open.

        It is given what the operation is given, and may be refused as that may be.
        """

    async def _once(self, act: Callable[[], Awaitable[Answer]], spec: Operation) -> Answer:
        """Act, or repeat the answer given before to the same Idempotency-Key."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None or self.request.method != "POST":
            return await act()
        if spec.is_secret:
            raise InvalidRequest("Secrets are not kept: ask for this without an Idempotency-Key.")
        if not 1 <= len(key) <= 128:
            raise InvalidRequest("An Idempotency-Key has 1 to 128 characters.")
        request = f"{self.request.path}\n".encode() + self.request.body
        if spec.is_slow:
            return await self._after(act, key, request)
        return await self.act_once(act, key, request)

    async def _after(
        self, act: Callable[[], Awaitable[Answer]], key: str, request: bytes
    ) -> Answer:
        """Act outside of any transaction; what two made of the same key at once is one answer."""
        book, actor = self.process.answers, self.asker
        earlier = await book.find(actor, key, request)
        if earlier is not None:
            return earlier
        answer = await act()
        try:
            await book.keep(actor, key, request, answer)
        except IntegrityError:
            return await book.find(actor, key, request) or answer
        return answer

    def _answer(self, spec: Operation, result: Any) -> Answer:
        location = self._headers.get("Location")
        if result is None:
            return Answer(status=204, location=location, body="")
        if isinstance(result, str):
            return Answer(status=spec.status, location=location, body=result)
        if isinstance(result, Model):
            if self.request.method == "GET":
                self.set_header("ETag", version_of(result))
            status = spec.status if self.is_new or spec.status != 201 else 200
            return Answer(status=status, location=location, body=result.model_dump_json())
        listed = ",".join(thing.model_dump_json() for thing in result)
        return Answer(status=spec.status, location=location, body=f"[{listed}]")

    def _send(self, spec: Operation, answer: Answer) -> None:
        self.set_status(answer.status)
        if answer.location:
            self.set_header("Location", answer.location)
        if spec.returns is str:
            self.set_header("Content-Type", f"{spec.text}; charset=utf-8")
        elif answer.body:
            self.set_header("Content-Type", "application/json")
        self.finish(answer.body or None)

    def created(self, *parts: str, is_new: bool = True) -> None:
        """Say where the thing is; one that was there already is answered with 200."""
        self.is_new = is_new
        self.set_header("Location", self.url("api", *parts))

    def listed(self, things: Sequence[Model], total: int) -> Sequence[Model]:
        """Say how to get the rest of a list."""
        offset, limit = self.window()
        self.set_header("X-Total-Count", str(total))
        if offset + len(things) < total:
            self._link(self.rest(offset=str(offset + limit), limit=str(limit)))
        return things

    def listed_by_place(self, batch: Batch[M]) -> Sequence[M]:
        """Say how to get the rest of a long list, and how many there are if that is known."""
        if batch.total is not None:
            self.set_header("X-Total-Count", str(batch.total))
        if batch.following is not None:
            limit = str(self.place().limit)
            self._link(self.rest(after=batch.following, limit=limit))
        return batch.things

    def _link(self, rest: str) -> None:
        self.set_header("Link", f'<{rest}>; rel="next"')

    @property
    def if_match(self) -> str | None:
        """State of the thing that the editor has seen, if it says so."""
        return self.request.headers.get("If-Match")


class NoSuchApi(BaseHandler):
    """Any URL that is not there."""

    def prepare(self) -> None:
        """Say so."""
        raise NotFound(f"There is nothing at {self.request.path}.")
