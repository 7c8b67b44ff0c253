"""SQLite's statements by one hop to the driver's thread each, and not by four.

SQLAlchemy's adapter asks that thread for a cursor, for the statement, for the rows, and to close
the cursor; the way there and back costs more than most statements do.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
)

__all__ = ["hop_once"]


@dataclass(frozen=True, slots=True)
class Done:
    """What a statement came to; it stands for the cursor, which is closed."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    rows: list[Any] | None = None


def _execute(connection: sqlite3.Connection, statement: str, parameters: Any) -> Done:
    return _done(connection.execute(statement, parameters))


def _execute_many(connection: sqlite3.Connection, statement: str, parameters: Any) -> Done:
    return _done(connection.executemany(statement, parameters))


def _done(cursor: sqlite3.Cursor) -> Done:
    rows = cursor.fetchall() if cursor.description else None
    done = Done(cursor.description, cursor.rowcount, cursor.lastrowid, rows)
    cursor.close()
    return done


class OneHopCursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that is only in the thread while its statement is."""

    __slots__ = ()

    def _aenter_cursor(self, cursor: Any) -> Any:
        return Done()

    def _make_new_cursor(self, connection: Any) -> Any:
        return None

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._hop(_execute, operation, () if parameters is None else parameters)

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._hop(_execute_many, operation, seq_of_parameters)

    async def _hop(self, act: Any, operation: Any, parameters: Any) -> None:
        thread: Any = self._connection
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001 (made for subclasses)
            done = await thread._execute(act, thread._conn, operation, parameters)  # noqa: SLF001
        self._cursor = done
        self._rows = deque(done.rows or ())

    async def _async_soft_close(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Forget the rows; nothing is open."""
        self._rows.clear()


class OneHopConnection(AsyncAdapt_aiosqlite_connection):
    """A connection with such cursors."""

    __slots__ = ()

    _cursor_cls = OneHopCursor


def hop_once(engine: Engine) -> None:
    """Let an engine's connections be such ones."""

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: Any, arguments: Any, options: Any) -> OneHopConnection:
        made = dialect.connect(*arguments, **options)
        return OneHopConnection(made.dbapi, made.driver_connection)
