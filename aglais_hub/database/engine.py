"""Connections and transactions."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event, insert, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from aglais_hub.database.hops import hop_once

__all__ = ["Database", "hasten_sqlite", "inserted", "is_away"]

IDLE_SECONDS = 1.0
"""A connection that was used since then is taken to be there still."""

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another one on SQLite."""


class Database:
    """A service's own database.

    Parameters
    ----------
    url
        SQLAlchemy URL; ``sqlite:///file`` or ``postgresql://...``, the driver is chosen here.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(make_url(url))
        # Made once: that takes longer than many a query.
        self._reader = self.engine.execution_options(aglais_reads_only=True)
        self._current: ContextVar[AsyncSession | None] = ContextVar("session", default=None)
        self._later: ContextVar[list[Callable[[], None]] | None] = ContextVar("later", default=None)
        # SQLite has one writer, and lets others ask again and again: here they wait in a row,
        # and hold no connection meanwhile.
        is_sqlite = self.engine.dialect.name == "sqlite"
        self._turns: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if is_sqlite else nullcontext()
        )

    @property
    def in_transaction(self) -> bool:
        """Whether this task has a transaction open: no moment for slow work elsewhere."""
        return self._current.get() is not None

    def afterwards(self, act: Callable[[], None]) -> None:
        """Act when the transaction that is open is committed; at once if there is none.

        After a rollback nothing is done.
        """
        later = self._later.get()
        if later is None:
            act()
        else:
            later.append(act)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that may write, or join the one that is open around.

        It is committed at the end of the outermost block, or rolled back by an exception.
        On SQLite it takes the writer's lock at once, so that what is read stays true.
        """
        outer = self._current.get()
        if outer is not None:
            yield outer
            return
        later: list[Callable[[], None]] = []
        async with (
            self._turns,
            AsyncSession(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            token, kept = self._current.set(session), self._later.set(later)
            try:
                yield session
            finally:
                self._current.reset(token)
                self._later.reset(kept)
        for act in later:
            act()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that only reads, or join the one that is open around."""
        outer = self._current.get()
        if outer is not None:
            yield outer
            return
        async with AsyncSession(self._reader) as session:
            yield session

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"))
        prepare_sqlite(engine.sync_engine)
        hop_once(engine.sync_engine)
        return engine
    engine = create_async_engine(
        url.set(drivername="postgresql+psycopg"), pool_size=10, max_overflow=20
    )
    _ping_the_idle(engine.sync_engine)
    return engine


def _ping_the_idle(engine: Any) -> None:
    """Ask connections that nobody used for a while whether they are still there.

    SQLAlchemy's own `pool_pre_ping` asks before each transaction, also a millisecond after the
    last one: that is one more way to the server and back for each request.
    """

    @event.listens_for(engine, "checkin")
    def used(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def use(connection: Any, record: Any, _proxy: Any) -> None:
        idle = time.monotonic() - record.info.get("used", float("inf"))
        if idle < IDLE_SECONDS or "used" not in record.info:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise DisconnectionError from gone


def is_away(error: BaseException | None) -> bool:
    """Tell whether a database did not do something because it was not there, or too busy."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.OperationalError):
        return any(words in str(error.orig) for words in ("locked", "busy", "unable to open"))
    return error.connection_invalidated or isinstance(error, OperationalError)


def prepare_sqlite(engine: Any) -> None:
    """Make SQLite keep what databases promise: foreign keys, real transactions, waiting."""

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: it does so too late, and not for DDL.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("aglais_reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


async def inserted(session: AsyncSession, table: Any, values: dict[str, Any]) -> bool:
    """Insert a row; tell whether nothing that must be unique was there already."""
    statement = insert(table).values(**values)
    try:
        if session.get_bind().dialect.name == "sqlite":
            # It undoes a statement that failed by itself, and each statement takes its time.
            await session.execute(statement)
        else:
            async with session.begin_nested():
                await session.execute(statement)
    except IntegrityError:
        return False
    return True


def hasten_sqlite() -> None:
    """Let SQLite databases that others open in this process, such as the Hub's, be written fast.

    With a write-ahead log a commit waits for no disk, and readers for no writer. What is written
    stays whole whenever the machine stops; the last moment before a power cut may be missing.
    """

    @event.listens_for(Engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
