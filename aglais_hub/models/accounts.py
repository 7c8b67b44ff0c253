"""Accounts and their levels."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from pydantic import Field, PositiveInt

from aglais_hub.models import AccountName, Bytes, Count, Model, Moment

__all__ = [
    "Account",
    "AccountRequest",
    "AccountState",
    "Departure",
    "DepartureRequest",
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


class AccountState(StrEnum):
    """Where an account is in its life."""

    ACTIVE = "active"
    LEAVING = "leaving"
    """Everything of it is being erased; it may not come back."""


class LevelEdit(Model):
    """What an operator may set on a level: defaults that it gives to its accounts."""

    notebook_count: Count = Field(title="Notebooks", description="Notebooks kept at once")
    notebook_bytes: Bytes = Field(
        title="Size of notebooks", description="All notebooks together, such as 16 MiB"
    )
    temp_bytes: Bytes = Field(
        title="Temp space", description="Quota of the temp space, such as 1 GiB"
    )
    temp_files: Count = Field(
        title="Files in temp space", description="Quota of the temp space, files"
    )
    user_bytes: Bytes = Field(
        title="User space", description="Quota of the user space, such as 10 GiB; 0: none"
    )
    user_files: Count = Field(
        title="Files in user space", description="Quota of the user space, files"
    )
    lifetime_seconds: PositiveInt | None = Field(
        le=FOREVER,
        title="Lifetime",
        description="Longest life of the account, seconds; none: it stays",
    )
    idle_seconds: PositiveInt | None = Field(
        le=FOREVER,
        title="Idle time",
        description="Longest absence before the account goes, seconds; none: it stays",
    )


class LevelLimits(LevelEdit):
    """A level, and what it gives."""

    level: Level


class Account(Model):
    """A person or guest known to the platform."""

    name: AccountName
    level: Level
    state: AccountState
    created_at: Moment
    expires_at: Moment | None = Field(
        description="When the account goes, whatever happens; none: it stays"
    )
    limits: LevelLimits = Field(description="What its level gives to it")


class GuestRequest(Model):
    """Somebody clicked [Give it a try]."""

    address: str = Field(
        min_length=1, max_length=64, description="Network address that the request came from"
    )


class AccountRequest(Model):
    """An operator makes an account."""

    name: AccountName
    level: Level = Level.BASIC


class DepartureRequest(Model):
    """Erase an account."""

    reason: str = Field(min_length=1, max_length=200)


class Departure(Model):
    """An account on its way out, and what of it is still to be erased."""

    name: AccountName
    reason: str = Field(min_length=1, max_length=200)
    requested_at: Moment
    remaining: tuple[str, ...] = Field(description="Steps that are not yet done")
