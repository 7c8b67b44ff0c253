"""What the mocks of all services share: routes, who asks, paging, keys, and errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeVar
from urllib.parse import unquote

import httpx

from aglais_hub.errors import AglaisError, Conflict, Forbidden, InvalidRequest, NotFound
from aglais_hub.identity import Actor
from aglais_hub.models import Model
from aglais_hub.web.forms import parse_body

__all__ = ["Asked", "Given", "MockService", "answers", "problem_answer", "refused"]

M = TypeVar("M", bound=Model)

PAGE = 50
"""Things in one answer, if no limit is asked for."""


@dataclass(frozen=True)
class Asked:
    """A request, and who sent it."""

    request: httpx.Request
    actor: Actor

    @property
    def query(self) -> httpx.QueryParams:
        """Parameters of the query."""
        return self.request.url.params

    def body(self, model: type[M]) -> M:
        """Return the body; refused as the services do."""
        content_type = self.request.headers.get("Content-Type", "")
        return parse_body(model, content_type, self.request.content, {})

    def json(self) -> Any:
        """Return the body of a request that has no model."""
        return json.loads(self.request.content or b"{}")


@dataclass(frozen=True)
class Given:
    """An answer whose status is not that of its route."""

    body: Any
    status: int


@dataclass(frozen=True)
class MockRoute:
    """A method and URL, the scope that it asks for, and the status of its success."""

    method: str
    path: str
    scope: str
    status: int

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression; a part in braces is one of the handler's arguments."""
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))


def answers(
    method: str, path: str, scope: str, *, status: int = 200
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a method of a `MockService` answer a URL."""

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        handler.route = MockRoute(method, path, scope, status)  # type: ignore[attr-defined]
        return handler

    return decorate


class MockService:
    """A service's answers, from memory."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[bytes, httpx.Response]] = {}

    @classmethod
    def routes(cls) -> Iterator[tuple[MockRoute, Callable[..., Any]]]:
        """Yield all routes and their handlers."""
        for kind in cls.__mro__:
            for handler in vars(kind).values():
                if isinstance(route := getattr(handler, "route", None), MockRoute):
                    yield route, handler

    def answer(self, asked: Asked, path: str) -> httpx.Response:
        """Answer a request as the service does."""
        try:
            return self._once(asked, path)
        except AglaisError as problem:
            return self.problem(problem)

    def problem(self, problem: AglaisError) -> httpx.Response:
        """Answer with what went wrong."""
        return problem_answer(problem)

    def _once(self, asked: Asked, path: str) -> httpx.Response:
        """Act, or repeat the answer given before to the same Idempotency-Key."""
        route, handler, parts = self._found(asked.request.method, path)
        self.check_scope(asked.actor, route.scope)
        key = asked.request.headers.get("Idempotency-Key")
        if key is None or route.method != "POST":
            return self._act(asked, route, handler, parts)
        if not 1 <= len(key) <= 128:
            raise InvalidRequest("An Idempotency-Key has 1 to 128 characters.")
        mine = (f"{asked.actor.kind}:{asked.actor.name}", key)
        request = f"{path}\n".encode() + asked.request.content
        if mine in self._kept:
            return self._repeated(key, request, *self._kept[mine])
        answer = self._act(asked, route, handler, parts)
        self._kept[mine] = (request, answer)
        return answer

    def _repeated(
        self, key: str, request: bytes, earlier: bytes, answer: httpx.Response
    ) -> httpx.Response:
        if request != earlier:
            message = f"The Idempotency-Key {key} was used for another request."
            raise refused(Conflict, "idempotency-key-reused", message)
        return httpx.Response(answer.status_code, content=answer.content)

    def _found(
        self, method: str, path: str
    ) -> tuple[MockRoute, Callable[..., Any], dict[str, str]]:
        for route, handler in self.routes():
            match = route.pattern.fullmatch(path)
            if match and route.method == method:
                return route, handler, {k: unquote(v) for k, v in match.groupdict().items()}
        raise NotFound(f"The mock of {self.name} has no {method} {path}.")

    def check_scope(self, actor: Actor, scope: str) -> None:
        """Refuse who does not hold the scope of a route at all."""
        if not actor.holds_any(scope):
            raise Forbidden(f"{actor.name} needs the scope {scope}.")

    def _act(
        self, asked: Asked, route: MockRoute, handler: Callable[..., Any], parts: dict[str, str]
    ) -> httpx.Response:
        result = handler(self, asked, **parts)
        given = result if isinstance(result, Given) else Given(result, route.status)
        if given.body is None:
            return httpx.Response(given.status)
        if isinstance(given.body, str):
            return httpx.Response(given.status, text=given.body)
        if isinstance(given.body, bytes):
            return httpx.Response(given.status, content=given.body)
        if isinstance(given.body, Model):
            return _json_answer(given.status, given.body.model_dump_json())
        if given.body and isinstance(given.body, list) and isinstance(given.body[0], Model):
            return self._part(asked, given.body)
        return _json_answer(given.status, json.dumps(given.body))

    def _part(self, asked: Asked, things: Sequence[Model]) -> httpx.Response:
        offset = int(asked.query.get("offset", 0))
        limit = int(asked.query.get("limit", PAGE))
        part = things[offset : offset + limit]
        headers = {"X-Total-Count": str(len(things))}
        if offset + len(part) < len(things):
            window = {"offset": str(offset + limit), "limit": str(limit)}
            rest = asked.request.url.copy_merge_params(window)
            headers["Link"] = f'<{rest.raw_path.decode()}>; rel="next"'
        listed = ",".join(thing.model_dump_json() for thing in part)
        return _json_answer(200, f"[{listed}]", headers)


def refused(
    family: type[AglaisError], code: str, message: str, retry_after: int | None = None
) -> AglaisError:
    """Return an error with the code of one service."""
    error = family(message, retry_after=retry_after)
    error.code = code
    return error


def problem_answer(problem: AglaisError) -> httpx.Response:
    """Return an error as services answer it."""
    retry = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    return _json_answer(problem.status, json.dumps(problem.as_dict()), retry)


def _json_answer(status: int, body: str, headers: dict[str, str] | None = None) -> httpx.Response:
    content_type = {"Content-Type": "application/json"}
    return httpx.Response(status, content=body.encode(), headers=content_type | (headers or {}))
