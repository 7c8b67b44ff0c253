"""How accounts leave: what goes, how far it is, and what has gone."""

from __future__ import annotations

from pydantic import Field

from aglais_hub.models import AccountName, Bytes, Count, Model, Moment
from aglais_hub.models.accounts import Level

__all__ = ["Belonging", "Departure", "DeparturePlan", "DepartureRequest", "Erased"]


class Belonging(Model):
    """Something that an account has, and that goes with it."""

    what: str = Field(description="For people, such as 'temp space'")
    count: Count
    bytes: Bytes | None = Field(default=None, description="None: not measured, or no data")
    files: Count | None = None


class Erased(Belonging):
    """Something that goes with an account that leaves."""

    at: Moment | None = Field(description="When it was seen to be gone; none: it is next")


class DepartureRequest(Model):
    """Erase an account."""

    reason: str = Field(min_length=1, max_length=200)
    only_level: Level | None = Field(
        default=None,
        description="Level that it must still be of, such as 0 for a guest who logs out and may "
        "just have become a member; none: whatever it is",
    )


class Departure(Model):
    """An account on its way out, what of it is still to be erased, and what is gone."""

    name: AccountName
    reason: str = Field(min_length=1, max_length=200)
    requested_at: Moment
    remaining: tuple[str, ...] = Field(description="Steps that are not yet done")
    report: tuple[Erased, ...] = Field(default=(), description="What went, and goes next")


class DeparturePlan(Model):
    """What would go if an account left now; nothing has begun."""

    name: AccountName
    level: Level
    belongings: tuple[Belonging, ...]
    unknown: tuple[str, ...] = Field(
        description="What could not be counted, as the part that knows does not answer"
    )

    @property
    def bytes(self) -> int:
        """Size of all data, as far as it was measured."""
        return sum(one.bytes or 0 for one in self.belongings)
