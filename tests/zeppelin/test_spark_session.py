"""Spark in a session of the smallest package: one front end, one standalone worker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.plain_zeppelin import run
from tests.support.zeppelin_session import TINY, RunningSession, alices_session, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from aglais_spawners.zeppelin import Runtime
    from tests.support.oauth_hub import OAuthHub

pytestmark = pytest.mark.zeppelin

MIB = 2**20

ON_A_WORKER = """%spark.pyspark
import os
sc.parallelize([0]).map(lambda n: os.environ["resources.package"]).first()"""


@pytest.fixture(scope="module")
def session(
    hub: OAuthHub, runtime: Runtime, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSession]:
    place = tmp_path_factory.mktemp("spark")
    with running(alices_session(hub), hub, runtime, place, spark=True) as started:
        yield started


@pytest.fixture
def note(alice: httpx.Client) -> str:
    notes = alice.get("api/notebook").json()["body"]
    return str(notes[0]["id"] if notes else alice.post("api/notebook", json={}).json()["body"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%md\n*hello*", "<em>hello</em>"),
        ("%python\nimport os; print(os.environ['resources.package'])", "tiny"),
        ("%spark.pyspark\nspark.range(1000).count()", "1000"),
        ("%spark.pyspark\nspark.conf.get('spark.aglais.resources.worker.memory')", "1"),
        ("%spark.pyspark\nsc._jvm.System.getProperty('resources.worker.cores')", "1"),
        (ON_A_WORKER, "tiny"),
        ("%spark.sql\nselect count(*) as n from range(7)", "n\n7\n"),
        ("%spark\nprintln(spark.range(100).map(_ + 1).reduce(_ + _))", "5050"),
        ('%spark\nsys.env("RESOURCES_PACKAGE")', "tiny"),
        ('%spark\nsc.parallelize(1 to 2).map(_ => sys.props("resources.level")).first', "1"),
    ],
)
def test_paragraph_runs(alice: httpx.Client, note: str, text: str, expected: str) -> None:
    code, output = run(alice, note, text)
    assert code == "SUCCESS", output
    assert expected in output


def test_all_of_it_fits_into_the_package(session: RunningSession) -> None:
    """Runs last: every interpreter of the front end is there, the Scala compiler too."""
    front = sum(_resident(session, name) for name in ("zeppelin", "spark-master"))
    worker = _resident(session, "spark-worker-1")
    assert front < TINY.frontend.memory_bytes, f"front end {front // MIB} MiB"
    assert worker < TINY.worker.memory_bytes, f"worker {worker // MIB} MiB"


def _resident(session: RunningSession, name: str) -> int:
    """Resident memory of a process and all below it, bytes; what they share is counted twice."""
    group = session.processes[name].pid
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == group:  # its session, in the sense of setsid
            total += int(fields[21]) * 4096
    return total
