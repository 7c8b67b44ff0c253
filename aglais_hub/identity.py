"""Who asks: the user or service behind a request, and the scopes that are held."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aglais_hub.errors import Forbidden

__all__ = ["Actor", "scope"]


def scope(action: str, resource: str) -> str:
    """Return the Hub scope for an action on a kind of thing, such as read on accounts."""
    return f"custom:aglais:{action}:{resource}"


@dataclass(frozen=True)
class Actor:
    """A user or service of the Hub, with the scopes of the token it came with.

    Its groups say what is shown to it; what it may do, only the scopes say.
    """

    name: str
    kind: str
    scopes: frozenset[str] = field(default_factory=frozenset)
    groups: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, model: dict[str, Any]) -> Actor:
        """Make an actor from the Hub's own model of a user or service."""
        kind = model.get("kind", "user")
        held, groups = (frozenset(model.get(name) or ()) for name in ("scopes", "groups"))
        return cls(name=model["name"], kind=kind, scopes=held, groups=groups)

    def holds(self, needed: str, owner: str | None = None) -> bool:
        """Tell whether a scope is held, for everybody's things or for those of `owner`."""
        if needed in self.scopes:
            return True
        return owner is not None and f"{needed}!user={owner}" in self.scopes

    def holds_any(self, needed: str) -> bool:
        """Tell whether a scope is held at all, be it for one owner only."""
        return any(held.partition("!")[0] == needed for held in self.scopes)

    def require(self, needed: str, owner: str | None = None) -> None:
        """Refuse who does not hold a scope.

        Raises
        ------
        Forbidden
            It names the scope.
        """
        if not self.holds(needed, owner):
            whose = f" on what belongs to {owner}" if owner else ""
            raise Forbidden(f"{self.name} needs the scope {needed}{whose}.")
