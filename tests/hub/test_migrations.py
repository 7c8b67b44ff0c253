"""Migrations, where several replicas start at once."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaitingError
from importlib.metadata import entry_points
from multiprocessing import get_context

import pytest
from sqlalchemy import create_engine, make_url, text

from aglais_hub.database.migrations import MIGRATION_LOCK, migrate
from tests.support.postgres import PostgresServer

PACKAGE: str = entry_points(group="aglais.services")["accounts"].load().package


def start(url: str) -> None:
    migrate(PACKAGE, url)


@pytest.mark.postgres
def test_replicas_that_start_at_once_migrate_once(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    context = get_context("spawn")
    replicas = [context.Process(target=start, args=(url,)) for _ in range(4)]
    for replica in replicas:
        replica.start()
    for replica in replicas:
        replica.join(60)
    assert [replica.exitcode for replica in replicas] == [0] * 4


@pytest.mark.postgres
def test_a_replica_waits_until_another_has_migrated(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with ThreadPoolExecutor(1) as pool:
        with engine.connect() as other:
            other.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
            waiting: Future[None] = pool.submit(migrate, PACKAGE, url)
            with pytest.raises(StillWaitingError):
                waiting.result(1)
            other.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
        waiting.result(30)
    engine.dispose()
