"""Rules of the ends of sessions: which have to go so that bookings have their place, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aglais_booking.amounts import Amount, Held
from aglais_booking.rules.places import NOTHING, Place, held_at, who_gives_way
from aglais_hub.models.booking import Admission

__all__ = ["Eviction", "evictions", "pressed", "until_of"]


@dataclass(frozen=True)
class Eviction:
    """A session that has to go, and the moment of the booking that needs its place."""

    session: Admission
    at: datetime


def until_of(session: Admission, booked_until: datetime | None, now: datetime) -> datetime:
    """Return when a session of a booking ends: with it, or now where nothing of it is on.

    Parameters
    ----------
    booked_until
        Until when its booking is on; None: it is not.
    """
    if booked_until is not None:
        return booked_until
    return now if session.until is None else min(session.until, now)


def evictions(
    places: Sequence[Place],
    ends: Mapping[str, datetime | None],
    held: Iterable[Held],
    total: Amount,
    moments: tuple[datetime, datetime],
) -> list[Eviction]:
    """Return the sessions that have to go for bookings, each with the first moment for that.

    Of the sessions on spare capacity the youngest go, as many as need be and no more; those
    that were told before to go are the first, so that nobody is told for nothing.

    Parameters
    ----------
    places
        All sessions of a pool.
    ends
        When a session on spare capacity would end by itself, by its id.
    moments
        Now, and how far ahead is looked.
    """
    now, last = moments
    spans = list(held)
    gone: dict[str, Eviction] = {}
    starts = {now, *(span.starts_at for span in spans if now < span.starts_at <= last)}
    for moment in sorted(starts):
        needed = held_at(spans, moment)
        if needed == NOTHING:
            continue
        staying = [place for place in places if place.admission.id not in gone]
        stay, candidates = _sorted_out(staying, ends, moment)
        for place in who_gives_way(candidates, stay, needed, total):
            gone[place.admission.id] = Eviction(place.admission, moment)
    return list(gone.values())


def _sorted_out(
    places: Iterable[Place], ends: Mapping[str, datetime | None], moment: datetime
) -> tuple[Amount, list[Place]]:
    """Return what stays besides bookings at a moment, and who may have to go, in that order."""
    stay, over, told, spare = NOTHING, [], [], []
    for place in places:
        session = place.admission
        if pressed(session, ends):
            told.append(place)
        elif session.until is not None and session.until <= moment:
            over.append(place)
        elif session.is_interruptible:
            spare.append(place)
        elif session.booking is None:
            stay = stay.plus(place.amount)
    spare.sort(key=_admitted_at, reverse=True)
    return stay, [*over, *told, *spare]


def pressed(session: Admission, ends: Mapping[str, datetime | None]) -> bool:
    """Tell whether a session on spare capacity was told to go for a booking."""
    return session.is_interruptible and session.until != ends.get(session.id)


def _admitted_at(place: Place) -> datetime:
    return place.admission.admitted_at
