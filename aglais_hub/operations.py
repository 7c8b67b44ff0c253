"""Operations of the REST API: what a handler's method takes and gives, said once.

The decorator does the work that all of them share (scope, body, idempotency, answer), and
the OpenAPI document is written from the same words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from aglais_hub.models import Model

__all__ = ["Operation", "operation"]

Method = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Operation:
    """One method of one URL.

    Parameters
    ----------
    summary
        What it does, in a sentence.
    scope
        Hub scope that who asks must hold; the manager checks again, for the thing itself.
    body, returns
        Models of the request and of the answer; `many` says that the answer is a list. An answer
        that is `str` is plain text.
    is_long
        The list may be so long that it is given by places (`after`), not by offsets.
    status
        Of success; 201 answers carry a Location, 204 no body.
    text
        Type of an answer that is `str`.
    query
        Names of query parameters besides the common ones.
    asks
        Model of the query parameters, where they are more than names; the method is given it.
    is_slow
        It works on more than the database, for longer than a transaction may be open, and can
        be repeated: an Idempotency-Key is then kept after the work, not in one transaction.
    asks_first
        Its handler's `ask_first` asks other services before any transaction is open; what it is
        told may not change what the answer to an Idempotency-Key is that was given before.
    is_secret
        Its request or answer holds a secret, which may not be kept: it takes no Idempotency-Key.
    media
        Type of an answer that is sent while it is made, such as ``application/x-tar``; the method
        returns a `Download` then.
    """

    summary: str
    scope: str
    body: type[Model] | None = None
    returns: type[Model] | type[str] | None = None
    many: bool = False
    is_long: bool = False
    status: int = 200
    text: str = "text/plain"
    query: tuple[str, ...] = ()
    asks: type[Model] | None = None
    is_slow: bool = False
    asks_first: bool = False
    is_secret: bool = False
    media: str | None = None


def operation(spec: Operation) -> Callable[[Method], Method]:
    """Make a handler's method an operation; it is given the parsed body, if there is one."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        async def handle(handler: Any, **path: str) -> None:
            await handler.perform(spec, method, path)

        handle.operation = spec  # type: ignore[attr-defined]
        return handle

    return decorate
