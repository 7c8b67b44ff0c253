"""Accounts and their levels."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, PositiveInt, StringConstraints

from aglais_hub.models import (
    AccountName,
    Bytes,
    Count,
    Model,
    Moment,
    Nicknames,
    NoneMeans,
    Why,
)

__all__ = [
    "Account",
    "AccountEdit",
    "AccountRequest",
    "AccountState",
    "Change",
    "GuestRequest",
    "Level",
    "LevelEdit",
    "LevelLimits",
]

FOREVER = 2**31 - 1
"""Seconds; 68 years, the longest that databases keep in 32 bits."""


class Level(IntEnum):
    """What an account may do by default."""

    ANONYMOUS = 0
    BASIC = 1
    CUSTOM = 2
    """Called level n: every attribute can be set for the account itself."""

    @property
    def word(self) -> str:
        """What people call it."""
        return "n" if self is Level.CUSTOM else f"{self.value} ({self.name.lower()})"

    @property
    def group(self) -> str:
        """Group of the Hub that mirrors it."""
        return "level-n" if self is Level.CUSTOM else f"level-{self.value}"


class AccountState(StrEnum):
    """Where an account is in its life."""

    ACTIVE = "active"
    LEAVING = "leaving"
    """Everything of it is being erased; it may not come back."""


Span = Annotated[PositiveInt, Field(le=FOREVER)]
"""A time, seconds."""

SomeBytes = Annotated[Bytes, Field(ge=2**20)]
SomeCount = Annotated[Count, Field(ge=1)]
"""Without any of them no session starts."""

KeptFor = Annotated[Span | None, NoneMeans("for ever")]
LivesFor = Annotated[Span | None, NoneMeans("it stays")]
PackageNames = Annotated[Nicknames | None, NoneMeans("what the packages themselves say")]
SessionCount = Annotated[int, Field(ge=1, le=100)]


class LevelEdit(Model):
    """What an operator may set on a level: defaults that it gives to its accounts."""

    notebook_count: SomeCount = Field(title="Notebooks", description="Notebooks kept at once")
    notebook_bytes: SomeBytes = Field(
        title="Size of notebooks", description="All notebooks together, such as 16 MiB"
    )
    notebook_expires_seconds: KeptFor = Field(
        title="Notebooks are kept", description="So long without use, such as 90 d"
    )
    temp_bytes: SomeBytes = Field(
        title="Temp space", description="Quota of the temp space, such as 1 GiB"
    )
    temp_files: SomeCount = Field(
        title="Files in temp space", description="Quota of the temp space, files"
    )
    temp_expires_seconds: KeptFor = Field(
        title="Temp data is kept", description="So long without use, such as 7 d"
    )
    user_bytes: Bytes = Field(
        title="User space", description="Quota of the user space, such as 10 GiB; 0: none"
    )
    user_files: Count = Field(
        title="Files in user space", description="Quota of the user space, files"
    )
    user_expires_seconds: KeptFor = Field(
        title="Saved data is kept", description="So long without use, such as 180 d"
    )
    packages: PackageNames = Field(
        title="Packages", description="Those that may be started, such as tiny, small; or none"
    )
    bookable_packages: PackageNames = Field(
        title="Bookable packages",
        description="Those that may be booked, such as medium, large; or none",
    )
    session_count: SessionCount = Field(title="Sessions", description="Sessions at once")
    lifetime_seconds: LivesFor = Field(
        title="Lifetime", description="Longest life of the account, such as 8 h"
    )
    idle_seconds: LivesFor = Field(
        title="Idle time", description="Longest absence before the account goes, such as 30 min"
    )


class LevelLimits(LevelEdit):
    """A level, and what it gives."""

    level: Level


class Account(Model):
    """A person or guest known to the platform."""

    name: AccountName
    level: Level
    state: AccountState
    display_name: str | None = Field(default=None, title="Name of the person")
    created_at: Moment
    expires_at: Moment | None = Field(
        description="When the account goes, whatever happens; none: it stays"
    )
    last_seen_at: Moment | None = Field(default=None, description="When its owner was last here")
    leaves_at: Moment | None = Field(
        default=None,
        title="Goes by itself",
        description="When it goes if its owner does not come; none: it stays",
    )
    limits: LevelLimits = Field(
        description="What holds for it: what its level gives, and what was set for it alone"
    )

    observed: ClassVar[frozenset[str]] = frozenset({"last_seen_at", "leaves_at"})


class AccountEdit(Model):
    """What an operator may set on an account itself."""

    level: Level
    display_name: (
        Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)] | None
    ) = Field(title="Name of the person")
    expires_at: Moment | None = Field(
        title="Goes at",
        description="When the account goes, whatever happens, in UTC; empty: it stays. "
        "With another level, a time that is left as it is follows the new level's lifetime",
    )
    why: Why | None = Field(
        default=None, title="Why", description="For the history; needed for another level"
    )


class Change(Model):
    """Something that somebody changed about an account: who, what, when, why."""

    account: AccountName
    at: Moment
    by: str = Field(title="By", description="Who changed it")
    field: str = Field(title="What")
    old: str | None = Field(description="As text; none: it was not set")
    new: str | None = Field(description="As text; none: it is not set any more")
    why: str | None


class GuestRequest(Model):
    """Somebody clicked [Give it a try]."""

    address: str = Field(
        min_length=1, max_length=64, description="Network address that the request came from"
    )


class AccountRequest(Model):
    """An operator makes an account."""

    name: AccountName
    level: Level = Level.BASIC
