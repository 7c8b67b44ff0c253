"""Values that cross a border between parts of the platform: one noun, one module."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

__all__ = [
    "AccountName",
    "Bytes",
    "Count",
    "Model",
    "Moment",
    "Nickname",
    "Nicknames",
    "NoneMeans",
    "Why",
    "utcnow",
]


class Model(BaseModel):
    """An immutable value; a field that it does not know is an error, by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    observed: ClassVar[frozenset[str]] = frozenset()
    """Fields that change by themselves: another value is no other version of the thing."""


@dataclass(frozen=True)
class NoneMeans:
    """Annotates a field: what its None is called on pages and in forms, such as ``for ever``."""

    words: str


def utcnow() -> datetime:
    """Return this moment, aware and in UTC."""
    return datetime.now(UTC)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        message = "the calendar does not go so far"
        raise ValueError(message) from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A point in time; aware, UTC inside."""

AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._@-]{0,62}[a-z0-9]$")]
"""Name of an account, and of the Hub user that stands for it."""

RESERVED = frozenset({"new", "none", "unbounded"})
"""Words that stand for something else in the URLs of pages, or in forms."""


def _free(name: str) -> str:
    if name in RESERVED:
        message = f"'{name}' has another meaning, choose another name"
        raise ValueError(message)
    return name


Nickname = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$"), AfterValidator(_free)
]
"""Name that operators give to a thing they define: a package, a pool, a level."""


def _words(given: Any) -> Any:
    """Let a form say a list as people write it: ``tiny, small``, or ``none``."""
    if not isinstance(given, str):
        return given
    return () if given.strip() == "none" else tuple(given.replace(",", " ").split())


Nicknames = Annotated[tuple[Nickname, ...], Field(max_length=50), BeforeValidator(_words)]
"""Names of several things."""

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A number of things; databases keep it in 32 bits."""

Bytes = Annotated[int, Field(ge=0, le=2**53)]
"""A size in bytes; exact in JSON, and in the 64 bits of a database."""

Why = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
"""Reason of a change, for who reads the history."""
