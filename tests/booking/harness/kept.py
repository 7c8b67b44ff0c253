"""Whether the database has what was acknowledged: all of it, and nothing twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, select

from aglais_booking.schema import KINDS, BookingRow, HoldRow, HourRow, SpanRow
from tests.booking.harness.logs import HELD, History, Version

Spans = frozenset[tuple[str, Any, Any, str]]


@dataclass(frozen=True)
class Kept:
    """What the database has, at one moment."""

    bookings: dict[str, list[str]]
    """Bookings by the name that clients gave them."""
    spans: dict[str, Spans]
    holds: dict[str, tuple[int, int, int, int]]
    """Of each span: first hour, end, thousandths of cores, bytes of memory."""
    miscounted: list[str]
    """Hours for which something else is reserved than is held."""


def kept(url: str) -> Kept:
    """Read it, in one transaction."""
    engine = _engine(url)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        bookings: dict[str, list[str]] = defaultdict(list)
        for identifier, name in connection.execute(select(BookingRow.id, BookingRow.name)):
            bookings[name].append(identifier)
        spans: dict[str, set[tuple[str, Any, Any, str]]] = defaultdict(set)
        facts = SpanRow.id, SpanRow.starts_at, SpanRow.ends_at, SpanRow.state
        for booking, *span in connection.execute(select(SpanRow.booking, *facts)):
            spans[booking].add(tuple(span))  # type: ignore[arg-type]
        holds = connection.execute(select(HoldRow.__table__)).mappings().all()
        hours = connection.execute(select(HourRow.__table__)).mappings().all()
    engine.dispose()
    return Kept(
        bookings,
        {booking: frozenset(found) for booking, found in spans.items()},
        {
            hold["span"]: (
                hold["first_hour"],
                hold["end_hour"],
                hold["millicores"],
                hold["memory_bytes"],
            )
            for hold in holds
        },
        list(_miscounted(holds, hours)),
    )


def _engine(url: str) -> Engine:
    given = make_url(url)
    is_sqlite = given.get_backend_name() == "sqlite"
    return create_engine(given.set(drivername="sqlite" if is_sqlite else "postgresql+psycopg"))


def _miscounted(holds: Iterable[Any], hours: Iterable[Any]) -> Iterator[str]:
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0] * len(KINDS))
    for hold in holds:
        for hour in range(hold["first_hour"], hold["end_hour"]):
            here = sums[hold["pool"], hour]
            for number, kind in enumerate(KINDS):
                here[number] += hold[kind]
    for row in hours:
        reserved = [row[f"reserved_{kind}"] for kind in KINDS]
        held = sums[row["pool"], row["hour"]]
        if reserved != held:
            yield f"hour {row['hour']} of {row['pool']}: {reserved} reserved, {held} held"


def broken_promises(
    histories: Iterable[History], found: Kept, overcommit: float
) -> tuple[list[str], list[str]]:
    """Return what was acknowledged and is not there, and what is there more than once.

    Of a booking about which something was asked and not answered, only that it is there once.
    """
    lost: list[str] = []
    doubled: list[str] = []
    for history in histories:
        there = found.bookings.get(history.name, [])
        if len(there) > 1:
            doubled.append(f"{history.name} is there {len(there)} times")
        if there and history.was_refused and not history.is_pending:
            doubled.append(f"{history.name} was refused, and is there")
        if history.last is not None:
            lost += _lost(history, history.last, found, overcommit)
    return lost, doubled


def _lost(history: History, last: Version, found: Kept, overcommit: float) -> Iterator[str]:
    if last.id not in found.bookings.get(history.name, []):
        yield f"{history.name} ({last.id}) was acknowledged, and is not there"
        return
    if history.is_pending:
        return
    if found.spans[last.id] != frozenset(last.spans):
        yield f"{history.name} is {sorted(found.spans[last.id])}, not {sorted(last.spans)}"
    amount = last.takes(overcommit)
    held = {span: (first, end, *amount) for span, first, end in last.hours()}
    for span, *_, state in last.spans:
        if state in HELD and found.holds.get(span) != held[span]:
            yield f"{history.name} holds {found.holds.get(span)}, not {held[span]}"
        if state not in HELD and span in found.holds:
            yield f"{history.name} is {state}, and holds {found.holds[span]}"
