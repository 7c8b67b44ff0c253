"""Runs a service's migrations: at its start, and for Alembic's own command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, event, make_url, text
from sqlalchemy.engine import Connection, Engine

from aglais_hub.database.engine import prepare_sqlite

__all__ = ["MIGRATION_LOCK", "migrate", "migration_config", "run"]

MIGRATION_LOCK = 0x61676C61
"""Key of PostgreSQL's advisory lock, any number that nothing else in the database uses."""


def migration_config(package: str, url: str) -> Config:
    """Return Alembic's configuration for the migrations folder of a service's package."""
    config = Config()
    config.set_main_option("script_location", f"{package}:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def migrate(package: str, url: str, revision: str = "head") -> None:
    """Bring a service's database to a revision; nothing happens where it is there already."""
    command.upgrade(migration_config(package, url), revision)


def run(metadata: MetaData) -> None:
    """Do what Alembic asked for; a service's ``migrations/env.py`` calls this and no more."""
    engine = _engine(context.config.attributes["url"])
    try:
        with engine.connect() as connection, _alone(connection):
            _configure(connection, metadata)
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Keep other replicas from migrating meanwhile; those wait, and find the work done.

    The lock goes with the connection, so that a killed replica leaves none behind. SQLite, of
    which only one replica is run, has no such lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
    yield


def _engine(url: str) -> Engine:
    given = make_url(url)
    if given.get_backend_name() == "sqlite":
        engine = create_engine(given.set(drivername="sqlite"))
        prepare_sqlite(engine)
        event.listen(engine, "connect", _loosen)
        return engine
    return create_engine(given.set(drivername="postgresql+psycopg"))


def _loosen(connection: Any, _record: Any) -> None:
    """Let SQLite change a table that others refer to: it makes another one, and drops the first.

    With foreign keys it would refuse, or delete what refers to it. `_check_references` looks after
    each migration whether all is as it was.
    """
    connection.execute("PRAGMA foreign_keys = OFF")


def _check_references(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    """Undo a migration of SQLite after which a row refers to none; Alembic calls it after each."""
    if ctx.dialect.name == "sqlite":
        loose = ctx.connection.execute(text("PRAGMA foreign_key_check")).all()
        if loose:
            message = f"after the migration rows would refer to none: {loose[:5]}"
            raise RuntimeError(message)


def _configure(connection: Connection, metadata: MetaData) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        # Ours begins transactions for DDL too, on SQLite as well: half a migration is none.
        transactional_ddl=True,
        transaction_per_migration=True,
        on_version_apply=_check_references,
    )
