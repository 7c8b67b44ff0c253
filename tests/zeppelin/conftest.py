"""One session of alice for all tests that do not end it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aglais_spawners.zeppelin import Runtime, assemble
from aglais_spawners.zeppelin.assembly import default_cache
from tests.support.oauth_hub import OAuthHub, oauth_hub
from tests.support.zeppelin_session import RunningSession, alices_session, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

SHIPPED = ("examples/tiny/Count the stars_2EXAMPLE1", "utils/Count rows_2UTILS001")
HIDDEN = "tests/tiny/Check_2TESTS0001"
KEPT = "user/From an earlier session_2KEPT00001"


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    return assemble(default_cache(), lambda message, done: None)


@pytest.fixture(scope="module")
def hub() -> Iterator[OAuthHub]:
    with oauth_hub() as hub:
        yield hub


@pytest.fixture(scope="module")
def session(
    hub: OAuthHub, runtime: Runtime, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSession]:
    place = tmp_path_factory.mktemp("session")
    ship_notes(place)
    ids = tuple(path.rpartition("_")[2] for path in SHIPPED)
    with running(alices_session(hub, read_only_notes=ids), hub, runtime, place) as started:
        yield started


@pytest.fixture(autouse=True)
def _alice_is_at_the_hub(hub: OAuthHub) -> None:
    hub.visitor = "alice"
    hub.scopes = ("access:servers!server=alice/",)


@pytest.fixture
def alice(session: RunningSession) -> Iterator[httpx.Client]:
    with session.browser() as browser:
        session.log_in(browser)
        yield browser


def ship_notes(place: Path) -> None:
    for path in (*SHIPPED, HIDDEN, KEPT):
        file = place / "notebooks" / f"{path}.zpln"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(note_json(Path(path).name.rpartition("_")[0])))


def note_json(name: str, text: str = "%md\nhello") -> dict[str, Any]:
    paragraph = {"text": text, "id": "paragraph_1", "status": "READY", "config": {}}
    return {"name": name, "paragraphs": [paragraph], "config": {}, "info": {}}
