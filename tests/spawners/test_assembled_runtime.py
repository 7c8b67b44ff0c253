"""What the assembled Zeppelin runs, over its REST API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from aglais_spawners.zeppelin import Runtime, assemble
from aglais_spawners.zeppelin.assembly import default_cache
from tests.support.plain_zeppelin import plain_zeppelin, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

pytestmark = pytest.mark.zeppelin


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return assemble(default_cache(), lambda message, done: None)


@pytest.fixture(scope="module")
def zeppelin(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with plain_zeppelin(runtime, tmp_path_factory.mktemp("zeppelin")) as client:
        yield client


@pytest.fixture(scope="module")
def note(zeppelin: httpx.Client) -> str:
    return str(zeppelin.post("/api/notebook", json={"name": "/trial"}).json()["body"])


def test_second_assembly_is_immediate(runtime: Runtime) -> None:
    start = time.perf_counter()
    assert assemble(default_cache(), lambda message, done: None) == runtime
    assert time.perf_counter() - start < 0.3


def test_every_user_can_read_the_runtime(runtime: Runtime) -> None:
    for root in (runtime.zeppelin, runtime.python):
        for path in root.rglob("*"):
            if not path.is_symlink():
                assert path.stat().st_mode & (0o005 if path.is_dir() else 0o004), path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%md\n*hello*", "<em>hello</em>"),
        ("%python\nprint(6 * 7)", "42"),
        (
            "%python\nimport matplotlib.pyplot as p\np.plot([1, 2])\np.show()",
            "data:image/png;base64",
        ),
        ("%spark.pyspark\nspark.range(1000).count()", "1000"),
        ("%spark.pyspark\nsc.parallelize(range(10)).map(lambda v: v * v).sum()", "285"),
        ("%spark.pyspark\nz.show(spark.range(2))", "id\n0\n1\n"),
        ("%spark.pyspark\nsqlContext.sql('select 3 * 5 as n').first().n", "15"),
        ("%spark.sql\nselect id, id * 2 as twice from range(2)", "id\ttwice\n0\t0\n1\t2\n"),
        ("%spark\nprintln(spark.range(100).map(_ + 1).reduce(_ + _)) // a comment", "5050"),
    ],
)
def test_paragraph_runs(zeppelin: httpx.Client, note: str, text: str, expected: str) -> None:
    code, output = run(zeppelin, note, text)
    assert code == "SUCCESS", output
    assert expected in output


def test_scala_classes_are_known_to_later_paragraphs(zeppelin: httpx.Client, note: str) -> None:
    assert run(zeppelin, note, "%spark\ncase class Star(id: Int)")[0] == "SUCCESS"
    code, output = run(zeppelin, note, "%spark\nSeq(Star(7)).toDS.map(_.id + 1).first")
    assert (code, "8" in output) == ("SUCCESS", True), output


def test_wrong_scala_is_an_error_with_its_message(zeppelin: httpx.Client, note: str) -> None:
    code, output = run(zeppelin, note, "%spark\nval x: Int = undefinedName")
    assert code == "ERROR"
    assert "not found: value undefinedName" in output


def test_the_home_page_is_served(zeppelin: httpx.Client) -> None:
    assert zeppelin.get("/").headers["content-type"].startswith("text/html")
