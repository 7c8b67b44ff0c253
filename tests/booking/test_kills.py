"""Kill -9 at every step of the background work: the next one to come leaves one effect of each."""

from __future__ import annotations

import multiprocessing
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aglais_booking import service
from aglais_booking.managers import Managers
from aglais_booking.managers.clock import ClockManager
from aglais_booking.managers.endings import EndingManager
from aglais_booking.managers.reminders import ReminderManager
from aglais_booking.managers.unused import UnusedManager
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import AdmissionRequest
from aglais_hub.models.bookings import SpanState
from tests.booking.killed import DONE, TASKS, die_at, effects_of, manager_of, mock_platform
from tests.booking.on_clock import HOUR, MINUTE, SECOND, book, change_span
from tests.support.services import prepare_database

STEPS = {
    "clock": ClockManager.steps,
    "endings": EndingManager.steps,
    "reminders": ReminderManager.steps,
    "unused": UnusedManager.steps,
}
SPAWNER = Actor("aglais", "service", frozenset({scope("write", "admissions")}))
AT_ONCE = {"grace_seconds": 0, "unused_hours": 0.5}

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.booking.killed"])


async def begins(manager: Managers) -> None:
    await book(manager, (-MINUTE, HOUR))


async def ends(manager: Managers) -> None:
    await book(manager, (-HOUR, -SECOND), state=SpanState.ACTIVE)


async def is_over(manager: Managers) -> None:
    """Leave a session whose booking was cancelled: it is warned, and ends."""
    booking = await book(manager)
    request = AdmissionRequest(account="alice", level=Level.BASIC, booking=booking.id)
    await manager.admissions.admit(SPAWNER, request)
    await change_span(manager, booking, state=SpanState.CANCELLED)


async def is_told(manager: Managers) -> None:
    await book(manager, (-MINUTE, HOUR))
    await manager.clock.tick()


async def is_unused(manager: Managers) -> None:
    """Leave a booking that nobody uses, and whose owner was warned long enough ago."""
    booking = await book(manager, (-HOUR, 3 * HOUR), state=SpanState.ACTIVE)
    span = booking.spans[0]
    about = f"idle:{span.id}:{span.starts_at.isoformat()}"
    async with manager.writing() as stores:
        await stores.notices.add(about, "alice", "x", "y", utcnow() - 30 * MINUTE)


CASES = [
    *(("clock", begins, step) for step in STEPS["clock"]),
    *(("clock", ends, step) for step in STEPS["clock"]),
    *(("endings", is_over, step) for step in STEPS["endings"]),
    *(("reminders", is_told, step) for step in STEPS["reminders"]),
    *(("unused", is_unused, step) for step in STEPS["unused"]),
]
EXPECTED: dict[Any, dict[str, dict[str, int]]] = {
    begins: {
        "spans": {"active": 1}, "bookings": {"active": 1}, "history": {"started": 1},
        "notices": {"begun": 1}, "events": {"booking.started": 1},
    },
    ends: {
        "spans": {"ended": 1}, "bookings": {"ended": 1}, "history": {"ended": 1},
        "notices": {}, "events": {"booking.ended": 1},
    },
    is_over: {
        "sessions": {}, "notices": {"ends": 1},
        "events": {"admission.granted": 1, "session.warned": 1, "admission.released": 1},
    },
    is_told: {"notices": {"begun": 1}, "spans": {"active": 1}},
    is_unused: {
        "spans": {"returned": 1}, "bookings": {"returned": 1}, "history": {"returned": 1},
        "notices": {"idle": 1, "returned": 1}, "events": {"booking.returned": 1},
    },
}  # fmt: skip


def test_every_step_is_among_the_cases() -> None:
    assert set(STEPS) == set(TASKS)
    assert len(set(CASES)) == 2 * len(STEPS["clock"]) + sum(
        len(STEPS[task]) for task in ("endings", "reminders", "unused")
    )


@pytest.mark.parametrize(
    ("task", "scene", "step"),
    [pytest.param(*case, marks=() if case[0] == "clock" else pytest.mark.slow) for case in CASES],
)
async def test_what_a_kill_leaves_is_done_once(
    task: str, scene: Any, step: str, database_url: str, tmp_path: Path
) -> None:
    prepare_database(service.package, database_url)
    journal, mock = tmp_path / "events.jsonl", mock_platform()
    manager = manager_of(database_url, journal, mock.clients, **AT_ONCE)
    await scene(manager)
    kill_at(step, task, database_url, journal)
    for _ in range(3):
        await make_due(manager)
        await TASKS[task](manager)
    found = await effects_of(manager, journal)
    await manager.context.database.close()
    expected = EXPECTED[scene]
    assert {name: dict(found[name]) for name in expected} == expected
    if task == "reminders":
        # The killed one wrote to a platform of its own; here the same key is one mail.
        assert len(mock.accounts.mails) <= 1


def kill_at(step: str, task: str, url: str, journal: Path) -> None:
    process = processes.Process(target=die_at, args=(step, task, url, journal, AT_ONCE))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, f"{step} was not reached"


async def make_due(manager: Managers) -> None:
    """Let the pause after a failed try be over."""
    async with manager.reading() as stores:
        later = await stores.notices.due(utcnow() + timedelta(days=1), 99)
    async with manager.writing() as stores:
        for row in later:
            await stores.notices.put_off(row.id, row.tries, utcnow())


async def test_a_task_that_nobody_kills_does_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    prepare_database(service.package, url)
    journal = tmp_path / "events.jsonl"
    manager = manager_of(url, journal)
    await begins(manager)
    process = processes.Process(target=die_at, args=(DONE, "clock", url, journal, AT_ONCE))
    process.start()
    process.join(60)
    found = await effects_of(manager, journal)
    await manager.context.database.close()
    assert process.exitcode == 0
    assert {name: dict(found[name]) for name in EXPECTED[begins]} == EXPECTED[begins]
