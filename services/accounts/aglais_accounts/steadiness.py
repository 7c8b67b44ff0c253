"""Tells whether this machine's clock was set while the process was at work."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

__all__ = ["Steadiness"]

TOLERANCE_SECONDS = 30
"""What clocks may be set by without anything going much too early."""


class Steadiness:
    """Compares the clock with one that nobody can set, from one look to the next.

    After a jump, the times at which people were last active are of another clock: for a while
    nothing may be concluded from them. A process that is new knows of no jump, and goes on at
    once, so that guests of one that was killed are erased as soon as it is back.

    Parameters
    ----------
    settle_seconds
        How long it takes until whoever is active was seen anew.
    """

    def __init__(self, settle_seconds: float) -> None:
        self.settle_seconds = settle_seconds
        self._offset: float | None = None
        self._trusted_from = 0.0

    def look(self, now: datetime) -> bool:
        """Tell whether the clock can be trusted."""
        elapsed = monotonic()
        offset = now.timestamp() - elapsed
        if self._offset is not None and abs(offset - self._offset) > TOLERANCE_SECONDS:
            self._trusted_from = elapsed + self.settle_seconds
        self._offset = offset
        return elapsed >= self._trusted_from
