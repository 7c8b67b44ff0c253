"""Nothing is oversold, lost or done twice, whatever is killed meanwhile; and that is noticed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.booking.harness.broken import UNCHECKED
from tests.booking.harness.checker import Claim, oversold
from tests.booking.harness.fight import BAD, Fight, Outcome, fought
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.slow

ATTEMPTS_FOR_A_KILL = 1000
KILLS_FOR_A_RESTART = 7


def report(outcome: Outcome) -> None:
    sys.stdout.write(outcome.told() + "\n")
    for name in BAD:
        for line in getattr(outcome, name)[:5]:
            sys.stdout.write(f"  {name}: {line}\n")


@pytest.mark.postgres
async def test_two_replicas_on_postgresql_keep_every_promise(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """``--fight-attempts 200000`` is the long form: 200 kills and 28 restarts."""
    attempts = int(request.config.getoption("--fight-attempts"))
    kills = max(3, attempts // ATTEMPTS_FOR_A_KILL)
    with PostgresServer.started() as server:  # its own: it is restarted
        outcome = await fought(
            Fight(
                server.new_database(),
                tmp_path,
                attempts,
                kills,
                restarts=-(-kills // KILLS_FOR_A_RESTART),
                restart=server.restart,
            )
        )
    report(outcome)
    assert all_kept(outcome)
    assert outcome.kills == kills
    assert outcome.restarts == -(-kills // KILLS_FOR_A_RESTART)
    # It was a fight: much was had, much refused, much sent again.
    assert outcome.answers["book 201"] > attempts // 20
    assert outcome.answers["book 409 overbooked"] > attempts // 20
    assert outcome.retries > attempts // 100


async def test_a_replica_on_sqlite_keeps_every_promise(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    attempts = int(request.config.getoption("--fight-attempts")) // 8
    kills = max(3, attempts // ATTEMPTS_FOR_A_KILL)
    url = f"sqlite:///{tmp_path / 'booking.db'}"
    outcome = await fought(Fight(url, tmp_path, attempts, kills, replicas=1, clients=16))
    report(outcome)
    assert all_kept(outcome)
    assert outcome.kills == kills
    assert outcome.answers["book 201"] > attempts // 20
    assert outcome.answers["book 409 overbooked"] > attempts // 20


def all_kept(outcome: Outcome) -> bool:
    return not any(getattr(outcome, name) for name in BAD)


BROKEN = {"naive": "oversold", "forgetful": "lost", "doubling": "doubled"}
"""What is noticed about each broken service."""


@pytest.mark.postgres
@pytest.mark.parametrize("variant", BROKEN)
async def test_a_service_that_breaks_a_promise_is_caught(
    postgres: PostgresServer, tmp_path: Path, variant: str
) -> None:
    outcome = await fought(
        Fight(
            postgres.new_database(),
            tmp_path,
            attempts=1600,
            kills=0,
            hours=24 if variant == "naive" else 72,
            module=("tests.booking.harness.broken", variant),
            prepare=UNCHECKED if variant == "naive" else (),
        )
    )
    report(outcome)
    assert getattr(outcome, BROKEN[variant])


def test_the_checker_counts_claims_of_one_time_at_one_moment() -> None:
    hosts = {"host": 1.0}
    assert not oversold([Claim("host", 1, 0, 5), Claim("host", 1, 5, 9)], hosts)
    # One was given up before the other was had.
    one, other = Claim("host", 1, 0, 5, 1, 2), Claim("host", 1, 3, 8, 2, 9)
    assert not oversold([one, other], hosts)
    (found,) = oversold([one, Claim("host", 1, 3, 8, 1.5, 9)], hosts)
    assert (found.start, found.end, found.claimed, found.since) == (3, 5, 2, 1.5)
