"""A session ends by itself, and says so to the Hub until the Hub has heard."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.oauth_hub import OAuthHub, oauth_hub
from tests.support.zeppelin_session import alices_session, running
from tests.zeppelin.test_door import connect, is_closed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aglais_spawners.zeppelin import Runtime

pytestmark = pytest.mark.zeppelin


@pytest.fixture
def hub() -> Iterator[OAuthHub]:
    with oauth_hub() as hub:
        yield hub


def wait_for(condition: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(("idle", "longest"), [(4, 3600), (3600, 12)])
def test_time_is_up(
    hub: OAuthHub, runtime: Runtime, tmp_path: Path, idle: int, longest: int
) -> None:
    session = alices_session(hub)
    door = replace(session.door, idle_seconds=idle, max_seconds=longest)
    hub.refuses_to_end = 1
    with running(replace(session, door=door), hub, runtime, tmp_path) as started:
        browser = started.browser()
        started.log_in(browser)
        socket = connect(started, browser)
        if longest < idle:
            assert wait_for(lambda: browser.get("api/version").status_code == 401, 20)
        assert wait_for(lambda: len(hub.ended) == 2, 25), "it calls again when the Hub failed"
        assert set(hub.ended) == {f"token {hub.client_secret}"}
        response = browser.get("api/version")
        assert (response.status_code, response.headers["location"]) == (401, "/hub/logout")
        assert "has ended" in browser.get("").text
        assert is_closed(socket)
        time.sleep(2)
        assert len(hub.ended) == 2


def test_use_keeps_a_session(hub: OAuthHub, runtime: Runtime, tmp_path: Path) -> None:
    session = alices_session(hub)
    door = replace(session.door, idle_seconds=3)
    with running(replace(session, door=door), hub, runtime, tmp_path) as started:
        browser = started.browser()
        started.log_in(browser)
        for _ in range(6):
            time.sleep(1)
            assert browser.get("api/version").status_code == 200
        assert not hub.ended
