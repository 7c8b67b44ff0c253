"""Rules of who has a place in a pool: walk-ins, bookings, and sessions on spare capacity.

Walk-ins that are firm stay within the kept part, bookings within the rest: the two never
collide. What bookings do not hold now can be used by sessions that give way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aglais_booking.amounts import Amount, Held
from aglais_hub.models.booking import Admission

__all__ = ["NOTHING", "Place", "Room", "most_held", "who_gives_way"]

NOTHING = Amount()


@dataclass(frozen=True)
class Place:
    """A session, and what it takes of its pool."""

    admission: Admission
    amount: Amount


@dataclass(frozen=True)
class Room:
    """A pool at a time.

    Parameters
    ----------
    total, kept
        All that can be promised, and the part of it that cannot be booked.
    firm, spare
        What sessions without a booking take: those that stay, and those that give way.
    booked
        What sessions take whose booking is on.
    late
        What sessions take that have outlived their booking.
    held, held_soon
        What bookings hold now; the most that they hold at once from now until the notice is over.
    """

    total: Amount
    kept: Amount
    firm: Amount = NOTHING
    spare: Amount = NOTHING
    booked: Amount = NOTHING
    late: Amount = NOTHING
    held: Amount = NOTHING
    held_soon: Amount = NOTHING

    @property
    def for_firm(self) -> Amount:
        """What a walk-in can take that is to stay."""
        kept = self.kept.plus(self.firm, -1)
        return kept.least(self._besides(self.held))

    @property
    def for_spare(self) -> Amount:
        """What a walk-in can take that gives way when a booking begins."""
        return self._besides(self.held_soon)

    @property
    def for_booked(self) -> Amount:
        """What a session can take whose booking is on: all that no other session has."""
        return self._besides(self.booked)

    def _besides(self, bookings: Amount) -> Amount:
        taken = bookings.plus(self.firm).plus(self.spare).plus(self.late)
        return self.total.plus(taken, -1)


def most_held(held: Iterable[Held], first: datetime) -> Amount:
    """Return the most that bookings hold at once, of each resource, from a moment on."""
    spans = list(held)
    moments = {first, *(span.starts_at for span in spans if span.starts_at > first)}
    most = NOTHING
    for moment in moments:
        most = most.most(held_at(spans, moment))
    return most


def held_at(held: Iterable[Held], moment: datetime) -> Amount:
    """Return what bookings hold at a moment."""
    total = NOTHING
    for span in held:
        if span.starts_at <= moment < span.ends_at:
            total = total.plus(span.amount)
    return total


def who_gives_way(
    candidates: Sequence[Place], stay: Amount, held: Amount, total: Amount
) -> list[Place]:
    """Return the sessions that have to go so that bookings have what they hold: enough, no more.

    Parameters
    ----------
    candidates
        Those that may have to go; the first one goes first.
    stay
        What the sessions take that stay in any case and are not counted in `held`.
    """
    left = total.plus(stay, -1).plus(held, -1)
    kept: list[Place] = []
    # Whoever would go last is the first to be given what is left.
    for place in reversed(candidates):
        if place.amount.fits(left):
            left = left.plus(place.amount, -1)
            kept.append(place)
    staying = {place.admission.id for place in kept}
    return [place for place in candidates if place.admission.id not in staying]
