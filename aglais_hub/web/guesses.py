"""How often something was tried in vain, by network address, in this process's own memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aglais_hub.errors import TooManyRequests

__all__ = ["Guesses", "Recent", "TooManyTokensError"]

K = TypeVar("K")
V = TypeVar("V")

GUESSES = 30
"""Unknown tokens from one network address in a period; then nobody is asked any more."""

PERIOD_SECONDS = 60.0


class TooManyTokensError(TooManyRequests):
    """Tokens that nobody holds come from one network address, one after another."""

    code = "too-many-tokens"


@dataclass
class Recent(Generic[K, V]):
    """The most recent things by key: a bounded dict in order of entry."""

    limit: int
    held: dict[K, V] = field(default_factory=dict)

    def put(self, key: K, value: V) -> None:
        """Add a thing as the most recent one; the oldest makes room."""
        self.held.pop(key, None)
        if len(self.held) >= self.limit:
            del self.held[next(iter(self.held))]
        self.held[key] = value


class Guesses:
    """Counts the guesses from each address.

    Parameters
    ----------
    limit
        Most addresses that are remembered.
    """

    def __init__(self, limit: int) -> None:
        self._counted: Recent[str, tuple[float, int]] = Recent(limit)

    def begin(self, address: str, now: float) -> None:
        """Count a guess before it is answered: those that come at once are counted, too.

        Raises
        ------
        TooManyTokensError
            There were too many; it says when to try again.
        """
        since, count = self._counted.held.get(address, (now, 0))
        left = since + PERIOD_SECONDS - now
        if left <= 0:
            since, count = now, 0
        elif count >= GUESSES:
            raise TooManyTokensError(
                "Too many unknown tokens came from your network address just now.",
                retry_after=int(left) + 1,
            )
        self._counted.put(address, (since, count + 1))

    def forgive(self, address: str) -> None:
        """Count one less: it was right, or nobody knows."""
        if (counted := self._counted.held.get(address)) is not None:
            self._counted.held[address] = counted[0], max(0, counted[1] - 1)
