"""A whole Zeppelin session from its own files and commands, but without the sandbox around it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import httpx

from aglais_hub.models.booking import Limits, UnitLimits
from aglais_spawners.zeppelin.commands import commands, directories
from aglais_spawners.zeppelin.conf import conf_files, door_file
from aglais_spawners.zeppelin.interpreters import interpreter_environment
from aglais_spawners.zeppelin.session import Door, NoteLimits, SessionPaths, ZeppelinSession
from tests.support.plain_zeppelin import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aglais_spawners.zeppelin import Runtime
    from tests.support.oauth_hub import OAuthHub

GIB = 2**30

TINY = Limits(
    frontend=UnitLimits(cores=1, memory_bytes=3 * GIB // 2),
    worker=UnitLimits(cores=1, memory_bytes=GIB),
    worker_count=1,
    disk_bytes=GIB,
)


def alices_session(hub: OAuthHub, **changes: Any) -> ZeppelinSession:
    """A tiny session as the spawner would describe it."""
    session = ZeppelinSession(
        owner="alice",
        prefix="/user/alice/",
        level=1,
        package="tiny",
        limits=TINY,
        door=Door(
            client_id=hub.client_id,
            client_secret=hub.client_secret,
            authorize_path="/hub/api/oauth2/authorize",
            token_url=f"{hub.url}/hub/api/oauth2/token",
            user_url=f"{hub.url}/hub/api/user",
            redirect_path="/user/alice/oauth_callback",
            access_scopes=("access:servers!server=alice/", "access:servers!user=alice"),
            logout_path="/hub/logout",
            end_url=f"{hub.url}/hub/api/users/alice/server",
            idle_seconds=600,
            max_seconds=3600,
        ),
        notes=NoteLimits(max_notes=6, max_note_bytes=100_000),
    )
    return replace(session, **changes)


@dataclass
class RunningSession:
    session: ZeppelinSession
    hub: OAuthHub
    place: Path
    processes: dict[str, subprocess.Popen[bytes]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.session.port}{self.session.prefix}"

    def browser(self) -> httpx.Client:
        """A browser that nobody has logged in with yet."""
        return httpx.Client(base_url=self.url, timeout=180, headers={"Accept": "text/html,*/*"})

    def log_in(self, browser: httpx.Client, path: str = "") -> httpx.Response:
        """Open a page and follow the redirects by way of the Hub; returns the last answer."""
        response = browser.get(path)
        while response.has_redirect_location:
            location = response.headers["location"]
            assert location.startswith("/"), "redirects behind a proxy must be relative"
            if location.startswith("/hub/"):
                response = httpx.get(urljoin(self.hub.url, location))
            else:
                response = browser.get(urljoin(self.url, location))
        return response

    def log(self) -> str:
        return (self.place / "run" / "logs" / "zeppelin.log").read_text()


@contextmanager
def running(
    session: ZeppelinSession, hub: OAuthHub, runtime: Runtime, place: Path, *, spark: bool = False
) -> Iterator[RunningSession]:
    """Start the session's processes as this user; Spark's only where asked for."""
    paths = SessionPaths(
        zeppelin=str(runtime.zeppelin),
        python=str(runtime.python),
        notebooks=str(place / "notebooks"),
        run=str(place / "run"),
        temp=str(place / "temp"),
        spark_local=str(place / "spark"),
    )
    session = replace(session, paths=paths, launcher=None, port=free_port(), spark_port=free_port())
    _lay_out(session, place)
    started = RunningSession(session, hub, place, {})
    try:
        for command in commands(session):
            if command.name == "zeppelin" or spark:
                # In a sandbox the launcher gives interpreters these; here they inherit.
                environment = {**interpreter_environment(session), **command.env}
                log = (place / f"{command.name}.log").open("w")
                started.processes[command.name] = subprocess.Popen(
                    command.argv,
                    env=environment,
                    cwd=place / "temp",
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        _wait_until_up(started)
        yield started
    finally:
        for process in started.processes.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)


def _lay_out(session: ZeppelinSession, place: Path) -> None:
    for directory in (*directories(session), session.paths.temp, session.paths.spark_local):
        Path(directory).mkdir(parents=True, exist_ok=True)
    for area in ("user", "examples", "utils", "tests"):
        (place / "notebooks" / area).mkdir(parents=True, exist_ok=True)
    for name, text in conf_files(session).items():
        (place / "run" / "conf" / name).write_text(text)
    (place / "run" / "door.properties").write_text(door_file(session))


def _wait_until_up(started: RunningSession) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert started.processes["zeppelin"].poll() is None, "Zeppelin ended"
        try:
            if httpx.get(f"{started.url}api/version").status_code == 401:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError("Zeppelin did not start")
