"""Fixtures that several parts of the tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.support.hub import HubDouble
from tests.support.mounts import unmount_below
from tests.support.openstack import Cloud
from tests.support.postgres import PostgresServer


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes golden files anew."""
    parser.addoption(
        "--update-data", action="store_true", help="write golden files anew; read the diff"
    )
    parser.addoption(
        "--fight-attempts",
        default=20_000,
        help="how often clients ask in tests/booking/test_fight.py; 200000 for the long form",
    )


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file; ``--update-data`` writes the file first."""

    def agrees(file: Path, text: str) -> None:
        if request.config.getoption("--update-data"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        assert text == file.read_text(), f"{file} is old; pytest --update-data writes it"

    return agrees


@pytest.fixture(scope="session", autouse=True)
def nothing_stays_mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Unmount what services have mounted below the tests' own directories."""
    yield
    unmount_below(tmp_path_factory.getbasetemp())


HERE = Path(__file__).parent
TOGETHER = {"platform"}
"""Folders whose tests share one heavy part."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares a fixture on one worker: a folder's tests, or a file's."""
    for item in items:
        place = item.path.relative_to(HERE)
        group = place.parts[0] if place.parts[0] in TOGETHER else str(place)
        if item.get_closest_marker("openstack"):
            group = "openstack"
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test run's own."""
    with PostgresServer.started() as server:
        yield server


@pytest.fixture(scope="session")
def openstack() -> Iterator[Cloud]:
    """A real OpenStack of this test run's own; its tests carry the marker of this name."""
    with Cloud.started() as cloud:
        yield cloud


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: the same test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
async def hub() -> AsyncIterator[HubDouble]:
    """A Hub's double, listening."""
    double = HubDouble()
    server = double.start()
    yield double
    server.stop()
    await server.close_all_connections()
