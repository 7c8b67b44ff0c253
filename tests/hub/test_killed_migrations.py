"""Migrations that are killed before any statement of theirs: all or nothing, and no row lost."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event

from aglais_hub.database.migrations import migration_config
from tests.hub.database_rows import everything, fill, lost, picture

pytestmark = pytest.mark.slow

SERVICES = sorted(entry_points(group="aglais.services").names)
DONE, FAILED = 0, 3
MOST_STATEMENTS = 2000


def package_of(service: str) -> str:
    package: str = entry_points(group="aglais.services")[service].load().package
    return package


def revisions(package: str) -> list[str]:
    """Return all revisions, the first one first."""
    script = ScriptDirectory.from_config(migration_config(package, "sqlite://"))
    return [one.revision for one in script.walk_revisions()][::-1]


def killed_before(number: int, act: Callable[[], None]) -> bool:
    """Act in a process that is killed before its statement of this number; tell whether it was."""
    child = os.fork()
    if child == 0:
        _die_before(number)
        try:
            act()
        except BaseException:
            traceback.print_exc()
            os._exit(FAILED)
        os._exit(DONE)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == DONE
    return False


def _die_before(number: int) -> None:
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def steps(package: str, url: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield each step up, each step down and each up again, with rows in all tables before it."""
    config = migration_config(package, url)
    known = revisions(package)
    for revision in known:
        yield f"up to {revision}", lambda to=revision: command.upgrade(config, to)  # type: ignore[misc]
    for revision in [*known[-2::-1], "base"]:
        yield f"down to {revision}", lambda to=revision: command.downgrade(config, to)  # type: ignore[misc]
    for revision in known:
        yield f"up again to {revision}", lambda to=revision: command.upgrade(config, to)  # type: ignore[misc]


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_migration_has_done_all_or_nothing_and_loses_no_row(
    service: str, database_url: str
) -> None:
    package, killed = package_of(service), 0
    filled: set[str] = set()
    for told, step in steps(package, database_url):
        before, all_before = picture(database_url), everything(database_url)
        for number in range(1, MOST_STATEMENTS if "again" not in told else 2):
            if not killed_before(number, step):
                break
            killed += 1
            if everything(database_url) != all_before:
                assert number > 1, told
                break  # it was committed, and nothing was left to do
        step()
        after = picture(database_url)
        assert lost(before, after) == [], told
        # What a step down has removed comes again, empty.
        filled &= {name for name, rows in after.items() if rows}
        fill(database_url, filled)
    assert killed > 20
