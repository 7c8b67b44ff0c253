"""Parts of long lists, found by an index: no row is counted off."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_hub.errors import InvalidRequest
from aglais_hub.paging import Window, place, values_of

__all__ = ["Keyset"]

R = TypeVar("R")

LARGEST = 2**63
"""Whole numbers of databases are smaller."""


class Keyset(Generic[R]):
    """The order of a long list, the largest first.

    Parameters
    ----------
    columns
        Of one index, in its order; together they are unique, and never null.
    """

    def __init__(self, *columns: Any) -> None:
        self.columns = columns

    async def rows(
        self, session: AsyncSession, query: Select[R], window: Window
    ) -> tuple[list[R], str | None]:
        """Return the rows of a part, and the place after which the list goes on.

        Parameters
        ----------
        query
            Selects entities, in no order yet.

        Raises
        ------
        InvalidRequest
            The window begins at no place of this list.
        """
        ordered = query.order_by(*(column.desc() for column in self.columns))
        if window.after is not None:
            ordered = ordered.where(tuple_(*self.columns) < tuple_(*self._values(window.after)))
        rows = list((await session.scalars(ordered.limit(window.limit + 1))).all())
        if len(rows) <= window.limit:
            return rows, None
        rows.pop()
        return rows, self._place(rows[-1])

    def _place(self, row: R) -> str:
        values = [getattr(row, column.key) for column in self.columns]
        return place([v.isoformat() if isinstance(v, datetime) else v for v in values])

    def _values(self, text: str) -> list[Any]:
        given = values_of(text, len(self.columns))
        return [
            literal(_value(one, column), column.type)
            for one, column in zip(given, self.columns, strict=True)
        ]


def _value(given: str | int, column: Any) -> Any:
    kind = column.type.python_type
    try:
        value = datetime.fromisoformat(str(given)) if kind is datetime else given
        # A time without an offset, a NUL or a number too large is nothing a database compares.
        if not isinstance(value, kind) or _is_odd(value):
            raise ValueError(given)
    except ValueError as wrong:
        raise InvalidRequest("after is no place in this list; begin without it.") from wrong
    return value


def _is_odd(value: Any) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is None
    if isinstance(value, int):
        return not -LARGEST < value < LARGEST
    return "\0" in value or not value.isascii()
