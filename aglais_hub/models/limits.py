"""What holds for one account: what its level gives, and what was set for it alone."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from aglais_hub.models import AccountName, Bytes, Count, Model, Moment, Why
from aglais_hub.models.accounts import (
    KeptFor,
    Level,
    LevelEdit,
    LevelLimits,
    LivesFor,
    PackageNames,
    SessionCount,
    SomeBytes,
    SomeCount,
)

__all__ = ["LIMITS", "AccountLimits", "Override", "Overrides", "OverridesEdit"]

LIMITS = tuple(LevelEdit.model_fields)
"""Names of all limits, in the order in which people read them."""


def _like_the_level(name: str) -> Any:
    """Return a field that is called as the level's, and need not be given."""
    level = LevelEdit.model_fields[name]
    return Field(
        default=None,
        title=level.title,
        description=level.description,
        # There is no value that says "not given"; only leaving the field out does.
        json_schema_extra=lambda schema: schema.pop("default", None),
    )


class Overrides(Model):
    """What is set for one account alone.

    A field that is not given holds as the level gives it. That is another thing than a field
    that is given as None, where the level's has one: kept for ever, or no bound at all.
    """

    notebook_count: SomeCount = _like_the_level("notebook_count")
    notebook_bytes: SomeBytes = _like_the_level("notebook_bytes")
    notebook_expires_seconds: KeptFor = _like_the_level("notebook_expires_seconds")
    temp_bytes: SomeBytes = _like_the_level("temp_bytes")
    temp_files: SomeCount = _like_the_level("temp_files")
    temp_expires_seconds: KeptFor = _like_the_level("temp_expires_seconds")
    user_bytes: Bytes = _like_the_level("user_bytes")
    user_files: Count = _like_the_level("user_files")
    user_expires_seconds: KeptFor = _like_the_level("user_expires_seconds")
    packages: PackageNames = _like_the_level("packages")
    bookable_packages: PackageNames = _like_the_level("bookable_packages")
    session_count: SessionCount = _like_the_level("session_count")
    lifetime_seconds: LivesFor = _like_the_level("lifetime_seconds")
    idle_seconds: LivesFor = _like_the_level("idle_seconds")

    @property
    def given(self) -> dict[str, Any]:
        """Limits that are set, by name."""
        return {name: getattr(self, name) for name in LIMITS if name in self.model_fields_set}


class OverridesEdit(Overrides):
    """What an operator sets for one account; what is left out holds as its level gives it."""

    why: Why = Field(title="Why", description="For the history")


class Override(Model):
    """One limit that is set for one account alone, and how that came to be."""

    field: str
    value: int | tuple[str, ...] | None = Field(description="None: without a bound")
    by: str
    at: Moment
    why: str


class AccountLimits(Model):
    """What holds for an account, and where each limit comes from."""

    account: AccountName
    level: Level
    limits: LevelLimits = Field(description="What holds")
    of_level: LevelLimits = Field(description="What its level gives")
    overrides: tuple[Override, ...] = Field(description="What is set for it alone")

    @property
    def set_alone(self) -> Overrides:
        """What is set for it alone, as an editor takes it."""
        return Overrides(**{one.field: one.value for one in self.overrides})
