"""Rows in all tables of a database, whatever they are, and pictures of all that is in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Engine,
    Float,
    Integer,
    MetaData,
    Table,
    create_engine,
    insert,
    inspect,
    make_url,
    select,
    text,
)

from aglais_hub.database.engine import prepare_sqlite

ROWS = 3
OWN = "alembic_version"
"""Alembic's table, which says where it is."""

SPECIAL: dict[tuple[str, str], Any] = {
    ("holds", "end_hour"): lambda number: number + 2,
    **{
        ("hours", f"{what}_{kind}"): lambda _number: 0
        for what in ("reserved", "excess")
        for kind in ("millicores", "memory_bytes", "disk_bytes", "gpus")
    },
}
"""Values that the database checks against others."""

REWRITTEN = {("levels", "idle_seconds")}
"""What a migration is meant to change: levels got an end of idle sessions with it."""

Picture = dict[str, list[dict[str, str]]]
"""By table: its rows, each value as text."""


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    given = make_url(url)
    is_sqlite = given.get_backend_name() == "sqlite"
    engine = create_engine(given.set(drivername="sqlite" if is_sqlite else "postgresql+psycopg"))
    if is_sqlite:
        prepare_sqlite(engine)
    yield engine
    engine.dispose()


def fill(url: str, seen: set[str]) -> None:
    """Put some rows into every table not seen; the first one with nothing where nothing may be."""
    with opened(url) as engine, engine.begin() as connection:
        known = MetaData()
        known.reflect(connection)
        for table in known.sorted_tables:
            if table.name != OWN and table.name not in seen:
                seen.add(table.name)
                rows = [_row(table, number) for number in range(ROWS)]
                connection.execute(insert(table), rows)


def _row(table: Table, number: int) -> dict[str, Any]:
    return {column.name: _value(table, column, number) for column in table.columns}


def _value(table: Table, column: Column[Any], number: int) -> Any:
    special = SPECIAL.get((table.name, column.name))
    if special is not None:
        return special(number)
    if column.nullable and number == 0 and not column.primary_key:
        return None
    return _of_type(column, number)


def _of_type(column: Column[Any], number: int) -> Any:
    # What refers to another row is called as that is: alike in all tables.
    kind = column.type
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime):
        return datetime(2030, 1, 1 + number, 12, 30, 15, 123456, tzinfo=UTC)
    if isinstance(kind, Integer | Float) or "INT" in str(kind):
        return 1000 + number
    if "BLOB" in str(kind) or "BYTEA" in str(kind):
        return b"\0\xff" + bytes([number])
    length = getattr(kind, "length", None) or 1000
    return f"{number}é'\"; --"[:length]


def picture(url: str) -> Picture:
    """Return all rows of all tables, in an order of their own."""
    with opened(url) as engine, engine.connect() as connection:
        known = MetaData()
        known.reflect(connection)
        return {
            table.name: sorted(
                (
                    {name: repr(value) for name, value in row.items()}
                    for row in connection.execute(select(table)).mappings()
                ),
                key=lambda row: sorted(row.items()),
            )
            for table in known.sorted_tables
        }


CATALOGUE = (
    (
        "SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull "
        "FROM pg_attribute JOIN pg_class c ON c.oid = attrelid "
        "WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped "
        "ORDER BY 1, 2"
    ),
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
    ),
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
)


def everything(url: str) -> list[str]:
    """Return all that is in a database, and what it is made of: the same, if nothing changed."""
    with opened(url) as engine, engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            raw: Any = connection.connection.driver_connection
            return list(raw.iterdump())
        found = [repr(row) for one in CATALOGUE for row in connection.execute(text(one))]
        for name in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{name}"'))  # noqa: S608
            found += sorted(f"{name}: {row!r}" for row in rows)
        return found


def lost(before: Picture, after: Picture) -> list[str]:
    """Return rows that were there and are not, by the columns that their table still has."""
    return [
        f"{table}: {row}"
        for table, rows in before.items()
        if table != OWN and table in after
        for row in rows
        if not any(row.items() >= _known(table, other, row) for other in after[table])
    ]


def _known(table: str, other: dict[str, str], row: dict[str, str]) -> Any:
    known = {
        name: row[name] if (table, name) in REWRITTEN else value
        for name, value in other.items()
        if name in row
    }
    return known.items()
