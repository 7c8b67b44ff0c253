"""Runs a service's migrations: at its start, and for Alembic's own command line."""

from __future__ import annotations

from alembic import command, context
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, make_url
from sqlalchemy.engine import Connection, Engine

from aglais_hub.database.engine import prepare_sqlite

__all__ = ["migrate", "migration_config", "run"]


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
    with engine.connect() as connection:
        _configure(connection, metadata)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def _engine(url: str) -> Engine:
    given = make_url(url)
    if given.get_backend_name() == "sqlite":
        engine = create_engine(given.set(drivername="sqlite"))
        prepare_sqlite(engine)
        return engine
    return create_engine(given.set(drivername="postgresql+psycopg"))


def _configure(connection: Connection, metadata: MetaData) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        # Ours begins transactions for DDL too, on SQLite as well: half a migration is none.
        transactional_ddl=True,
        transaction_per_migration=True,
    )
