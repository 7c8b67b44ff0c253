"""What a guest gets: a notebook with Spark, told its package, held to its limits."""

from __future__ import annotations

from tests.support.guest import Guest
from tests.support.platform import RunningPlatform


def test_the_spawn_page_names_each_step(guest: Guest) -> None:
    messages = " ".join(step.get("message", "") for step in guest.steps)
    for words in ("Asking for a place", "Package tiny", "room for your data", "Starting Zeppelin"):
        assert words in messages
    progress = [step["progress"] for step in guest.steps if "progress" in step]
    assert progress == sorted(progress)


def test_spark_counts_rows(guest: Guest) -> None:
    assert guest.run("%spark.pyspark\nprint(spark.range(1000).count())") == ("SUCCESS", "1000\n")


def test_a_notebook_knows_its_package(guest: Guest) -> None:
    code = "import os; print(os.environ['resources.package'], os.environ['RESOURCES_WORKER_CORES'])"
    assert guest.run(f"%python\n{code}") == ("SUCCESS", "tiny 1\n")
    spark = "print(spark.conf.get('spark.aglais.resources.package'))"
    assert guest.run(f"%spark.pyspark\n{spark}") == ("SUCCESS", "tiny\n")


def test_busy_processes_get_the_cores_of_the_package(guest: Guest) -> None:
    busy = (
        "import resource, subprocess, sys, time\n"
        "burn = 'import time\\nend = time.time() + 5\\nwhile time.time() < end: pass'\n"
        "before = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "children = [subprocess.Popen([sys.executable, '-c', burn]) for _ in range(4)]\n"
        "for child in children: child.wait()\n"
        "after = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print((after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / 5)"
    )
    status, said = guest.run(f"%python\n{busy}")
    assert status == "SUCCESS", said
    assert float(said) < 1.3, "four processes used more than the one core of package tiny"


def test_spark_gets_the_memory_of_the_package_and_no_note_asks_for_more(
    platform: RunningPlatform,
) -> None:
    guest = Guest(platform).come_in()
    assert guest.run("%spark.conf\nspark.executor.memory 64g")[0] == "ERROR"
    eat = (
        "def eat(_):\n"
        "    kept = []\n"
        "    for _ in range(3000): kept.append(bytearray(b'x' * 2**20))\n"
        "    return len(kept)\n"
        "try: print('ate', sc.parallelize([1], 1).map(eat).collect())\n"
        "except Exception as refused: print('refused')"
    )
    _, said = guest.run(f"%spark.pyspark\n{eat}")
    assert "ate" not in said
    guest.leave()


def test_memory_beyond_the_package_is_refused_to_the_notebook_only(guest: Guest) -> None:
    """The last test of this guest: its Python is gone afterwards."""
    greedy = "x = bytearray(3 * 2**30)\nfor i in range(0, len(x), 4096): x[i] = 1\nprint('got it')"
    status, said = guest.run(f"%python\n{greedy}")
    assert "got it" not in said
    assert status != "SUCCESS"
    assert guest.enter().status_code == 200
