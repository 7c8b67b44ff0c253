"""Who makes room for bookings: enough sessions, no more, and no one who is to stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aglais_booking.amounts import Amount, Held
from aglais_booking.rules.endings import evictions
from aglais_booking.rules.places import NOTHING, Place, held_at, most_held
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import Admission, Limits, Sharing, UnitLimits

NINE = datetime.fromisoformat("2030-05-06T09:00:00Z")
MINUTE = timedelta(minutes=1)
NOTICE = 15 * MINUTE
UNIT = UnitLimits(cores=1, memory_bytes=2**30)
LIMITS = Limits(frontend=UNIT, worker=UNIT, worker_count=1, disk_bytes=1)

sizes = st.builds(Amount, st.integers(1, 9), st.integers(1, 9))


def session(number: int, size: Amount, *, is_spare: bool) -> Place:
    return Place(
        Admission(
            id=str(number), account="alice", level=Level.BASIC, server=f"s{number}",
            package="small", sharing=Sharing.SHARED, cluster="embedded", limits=LIMITS,
            admitted_at=NINE - timedelta(hours=1) + number * MINUTE, until=None,
            is_interruptible=is_spare,
        ),
        size,
    )  # fmt: skip


@st.composite
def pools(draw: st.DrawFn) -> tuple[list[Place], list[Held]]:
    """Return sessions, the younger the later, and what bookings hold around now."""
    drawn = draw(st.lists(st.tuples(sizes, st.booleans()), max_size=8))
    places = [session(number, size, is_spare=spare) for number, (size, spare) in enumerate(drawn)]
    times = draw(st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 30), sizes), max_size=6))
    held = [
        Held(NINE + first * MINUTE, NINE + (first + lasts) * MINUTE, size)
        for first, lasts, size in times
    ]
    return places, held


def total_of(places: list[Place]) -> Amount:
    total = NOTHING
    for place in places:
        total = total.plus(place.amount)
    return total


@given(pools(), st.integers(0, 40))
def test_bookings_find_their_place_and_nobody_goes_for_nothing(
    pool: tuple[list[Place], list[Held]], more: int
) -> None:
    places, held = pool
    firm = [place for place in places if not place.admission.is_interruptible]
    stay = total_of(firm)
    # There is always enough for firm sessions and bookings together: that is what kept means.
    total = stay.plus(most_held(held, NINE)).plus(Amount(more, more))
    ends: dict[str, datetime | None] = {
        place.admission.id: None for place in places if place.admission.is_interruptible
    }
    going = evictions(places, ends, held, total, (NINE, NINE + NOTICE))
    at = {one.session.id: one.at for one in going}
    assert not at.keys() & {place.admission.id for place in firm}
    starts = {NINE, *(one.starts_at for one in held if NINE < one.starts_at <= NINE + NOTICE)}
    for moment in starts:
        needed = held_at(held, moment)
        here = [p for p in places if at.get(p.admission.id, moment + MINUTE) > moment]
        if needed != NOTHING:
            assert total_of(here).plus(needed).fits(total)
        for one in going:
            if one.at == moment:
                back = next(p for p in places if p.admission.id == one.session.id)
                assert not total_of([*here, back]).plus(needed).fits(total)


def test_the_youngest_goes_where_one_is_enough() -> None:
    places = [session(number, Amount(3, 3), is_spare=True) for number in range(4)]
    held = [Held(NINE + 5 * MINUTE, NINE + 60 * MINUTE, Amount(4, 4))]
    ends: dict[str, datetime | None] = {place.admission.id: None for place in places}
    going = evictions(places, ends, held, Amount(14, 14), (NINE, NINE + NOTICE))
    assert [(one.session.id, one.at) for one in going] == [("3", NINE + 5 * MINUTE)]
