"""States of things: an editor saves only over the state that it has seen."""

from __future__ import annotations

import hashlib

from aglais_hub.errors import PreconditionFailed
from aglais_hub.models import Model

__all__ = ["require_version", "version_of"]


def version_of(thing: Model) -> str:
    """Return the entity tag of a thing's state."""
    state = thing.model_dump_json(exclude=set(thing.observed))
    return f'"{hashlib.sha256(state.encode()).hexdigest()[:32]}"'


def require_version(thing: Model, expected: str | None) -> None:
    """Refuse to save over a state that was not seen; None saves over any.

    Raises
    ------
    PreconditionFailed
        The thing has another state by now.
    """
    if expected not in {None, "*", version_of(thing)}:
        raise PreconditionFailed(
            "Somebody changed this since you read it. Read it again and repeat your change."
        )
