"""The layout of a Zeppelin session: whole files and commands, and that packages hold them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from aglais_hub.models.booking import Limits, UnitLimits
from aglais_spawners.zeppelin.commands import Role, commands
from aglais_spawners.zeppelin.conf import conf_files, door_file
from aglais_spawners.zeppelin.interpreters import interpreter_environment
from aglais_spawners.zeppelin.memory import share_out
from tests.support.oauth_hub import OAuthHub
from tests.support.zeppelin_session import GIB, alices_session

GOLDEN = Path(__file__).parent / "golden"

HUB = OAuthHub(url="http://127.0.0.1:8081")
SESSION = alices_session(HUB, read_only_notes=("2EXAMPLE1",))
TWO_WORKERS = Limits(
    frontend=UnitLimits(cores=2, memory_bytes=4 * GIB),
    worker=UnitLimits(cores=2.5, memory_bytes=8 * GIB),
    worker_count=2,
    disk_bytes=10 * GIB,
)


@pytest.fixture
def agrees(golden: Callable[[Path, str], None]) -> Callable[[str, str], None]:
    """Compare with a golden file of this folder."""
    return lambda name, text: golden(GOLDEN / name, text)


def test_files_of_a_tiny_session(agrees: Callable[[str, str], None]) -> None:
    for name, text in conf_files(SESSION).items():
        agrees(f"tiny-{name}", text)


def test_commands_of_a_tiny_session(agrees: Callable[[str, str], None]) -> None:
    agrees("tiny-commands.json", json.dumps([asdict(c) for c in commands(SESSION)], indent=1))


def test_commands_of_two_workers(agrees: Callable[[str, str], None]) -> None:
    session = replace(SESSION, limits=TWO_WORKERS, package="large", level=1)
    agrees("large-commands.json", json.dumps([asdict(c) for c in commands(session)], indent=1))
    agrees("large-interpreter.json", conf_files(session)["interpreter.json"])


def test_the_door_knows_its_secret_and_nothing_else_does() -> None:
    assert f"client_secret={HUB.client_secret}\n" in door_file(SESSION)
    others = [*conf_files(SESSION).values(), *(str(c) for c in commands(SESSION))]
    assert not any(HUB.client_secret in text for text in others)
    assert HUB.client_secret not in repr(SESSION)


def test_door_values_survive_java() -> None:
    door = replace(SESSION.door, client_secret=" a\\b\né★")
    text = door_file(replace(SESSION, door=door))
    assert "client_secret=\\ a\\\\b\\n\\u00e9\\u2605\n" in text
    assert text.isascii()


def test_only_the_server_runs_as_the_server() -> None:
    roles = {c.name: (c.role, c.unit) for c in commands(replace(SESSION, limits=TWO_WORKERS))}
    assert roles == {
        "zeppelin": (Role.SERVER, "front"),
        "spark-master": (Role.NOTEBOOK, "front"),
        "spark-worker-1": (Role.NOTEBOOK, "worker-1"),
        "spark-worker-2": (Role.NOTEBOOK, "worker-2"),
    }


def test_notebooks_are_told_their_package() -> None:
    environment = interpreter_environment(SESSION)
    told = {name: value for name, value in environment.items() if name.lower().startswith("res")}
    assert told == {
        "resources.package": "tiny",
        "resources.level": "1",
        "resources.frontend.cores": "1",
        "resources.frontend.memory": "1.5",
        "resources.worker.count": "1",
        "resources.worker.cores": "1",
        "resources.worker.memory": "1",
        "resources.disk": "1",
        "RESOURCES_PACKAGE": "tiny",
        "RESOURCES_LEVEL": "1",
        "RESOURCES_FRONTEND_CORES": "1",
        "RESOURCES_FRONTEND_MEMORY": "1.5",
        "RESOURCES_WORKER_COUNT": "1",
        "RESOURCES_WORKER_CORES": "1",
        "RESOURCES_WORKER_MEMORY": "1",
        "RESOURCES_DISK": "1",
    }


@pytest.mark.parametrize("front_gib", [1.5, 2, 4, 16, 64])
@pytest.mark.parametrize("worker_gib", [1, 2, 8, 64])
@pytest.mark.parametrize("cores", [1, 4, 16])
def test_heaps_fit_into_the_package(front_gib: float, worker_gib: float, cores: int) -> None:
    """Beside a heap a JVM of ours takes up to 180 MiB; the small ones 100."""
    limits = Limits(
        frontend=UnitLimits(cores=cores, memory_bytes=int(front_gib * GIB)),
        worker=UnitLimits(cores=cores, memory_bytes=int(worker_gib * GIB)),
        worker_count=1,
        disk_bytes=GIB,
    )
    heaps = share_out(limits)
    front = heaps.server + heaps.driver + heaps.master + 2 * heaps.interpreter
    assert front + 180 + 400 <= front_gib * 1024
    assert heaps.worker + 100 + heaps.executor + 180 <= worker_gib * 1024
    assert heaps.driver >= 480
    assert heaps.executor >= 480
