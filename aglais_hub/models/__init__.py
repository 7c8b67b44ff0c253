"""Values that cross a border between parts of the platform: one noun, one module."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

__all__ = ["AccountName", "Model", "Moment", "Nickname", "utcnow"]


class Model(BaseModel):
    """An immutable value; a field that it does not know is an error, by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def utcnow() -> datetime:
    """Return this moment, aware and in UTC."""
    return datetime.now(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""A point in time; aware, UTC inside."""

AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._@-]{0,62}[a-z0-9]$")]
"""Name of an account, and of the Hub user that stands for it."""

Nickname = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
"""Name that operators give to a thing they define: a package, a pool, a level."""
