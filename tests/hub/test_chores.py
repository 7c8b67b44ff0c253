"""Background work: done by one replica, or by all; and what a clock that is set does to it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import time_machine

from aglais_booking import service
from aglais_hub.client.mock import MockPlatform
from aglais_hub.service import Chore, ServiceProcess
from aglais_hub.web.serve import keep_doing
from tests.support.services import prepare_database

SECOND = timedelta(seconds=1)
NINE = "2030-05-06T09:00:00Z"


def replica(url: str) -> ServiceProcess:
    config = service.config.model_validate({"database_url": url})
    return ServiceProcess.open(service, config, "/services/booking/", MockPlatform().clients)


@pytest.mark.parametrize(("in_all", "doing"), [(False, 1), (True, 2)])
async def test_a_chore_is_done_by_one_replica_or_by_all(
    database_url: str, in_all: bool, doing: int
) -> None:
    prepare_database(service.package, database_url)
    done: dict[str, int] = {}
    replicas = [replica(database_url) for _ in range(2)]
    tasks = []
    for number, process in enumerate(replicas):

        async def act(_manager: object, number: int = number) -> None:
            done[str(number)] = done.get(str(number), 0) + 1

        chore = Chore("test", timedelta(seconds=0.2), act, in_all=in_all)
        tasks.append(asyncio.create_task(keep_doing(process, chore)))
    await asyncio.sleep(0.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for process in replicas:
        await process.database.close()
    assert len(done) == doing
    assert max(done.values()) >= 2


async def test_a_lease_that_a_clock_set_back_has_left_is_over(database_url: str) -> None:
    prepare_database(service.package, database_url)
    one, other = replica(database_url), replica(database_url)
    with time_machine.travel(NINE, tick=False) as clock:
        assert await one.leases.take("work", 3 * SECOND)
        clock.shift(-SECOND)
        assert not await other.leases.take("work", 3 * SECOND), "clocks differ a little"
        clock.shift(timedelta(hours=-1))
        assert await other.leases.take("work", 3 * SECOND)
        assert not await one.leases.take("work", 3 * SECOND)
    for process in (one, other):
        await process.database.close()


def test_bookings_begin_in_all_replicas_and_soon() -> None:
    clock = next(chore for chore in service.chores if chore.name == "clock")
    assert clock.in_all
    assert clock.every <= SECOND
