"""Hubs as real processes, to be compared: ours with its accounts service, and plain ones.

All of them are asked at the Hub's own port, without a proxy; none starts a session.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
from tornado.testing import bind_unused_port

from aglais_hub.platform.processes import end_with_parent

ROOT = Path(__file__).parent.parent

COMMON = """
from jupyterhub.proxy import Proxy

class NoProxy(Proxy):
    should_start = False
    async def add_route(self, routespec, target, data): ...
    async def delete_route(self, routespec): ...
    async def get_all_routes(self): return {}

c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.log_level = "WARN"
c.JupyterHub.last_activity_interval = 10_000
"""

PLAIN = """
c.JupyterHub.hub_bind_url = "http://127.0.0.1:PORT"
c.JupyterHub.bind_url = "http://127.0.0.1:PORT"
c.JupyterHub.db_url = "sqlite:///FOLDER/hub.sqlite"
c.JupyterHub.cookie_secret_file = "FOLDER/cookie"
c.JupyterHub.spawner_class = "simple"
"""

OURS = """
from aglais_hub.hub import configure
configure(c)
# Sessions are not started here, so what only they need is not either.
c.JupyterHub.services = [
    {"name": one["name"], "api_token": one["name"] * 8} if one["name"] in LEFT_OUT else one
    for one in c.JupyterHub.services
]
"""

TMP = (
    PLAIN
    + """
c.JupyterHub.authenticator_class = "tmpauthenticator.TmpAuthenticator"
c.TmpAuthenticator.allow_all = True
c.TmpAuthenticator.auto_login = False
"""
)

NATIVE = (
    PLAIN
    + """
import os, nativeauthenticator
c.JupyterHub.authenticator_class = "native"
c.JupyterHub.template_paths = [f"{os.path.dirname(nativeauthenticator.__file__)}/templates/"]
c.Authenticator.allow_all = True
c.NativeAuthenticator.check_common_password = True
c.NativeAuthenticator.minimum_password_length = 8
"""
)

START_SECONDS = 180


@dataclass
class RunningHub:
    """A Hub, and the processes that belong to it."""

    url: str
    pid: int

    def processes(self) -> list[int]:
        """Return the Hub's process and all below it."""
        found, parents = [self.pid], {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(stat[1])
        for pid in sorted(parents):
            if parents[pid] in found:
                found.append(pid)
        return found

    def cpu_seconds(self) -> float:
        """Return the processor time that all of them have used."""
        ticks = 0
        for pid in self.processes():
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(stat[11]) + int(stat[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def ours() -> Iterator[RunningHub]:
    """Run our Hub on the embedded configuration, with its accounts service."""
    with _folder() as folder:
        ports = {name: bind_unused_port() for name in ("hub", "proxy-api", "accounts")}
        numbers = {name: port for name, (_, port) in ports.items()}
        for socket, _ in ports.values():
            socket.close()
        (folder / "run").mkdir()
        (folder / "databases").mkdir()
        (folder / "run" / "ports.json").write_text(
            json.dumps(numbers | {"booking": numbers["proxy-api"], "storage": numbers["proxy-api"]})
        )
        environment = {
            "AGLAIS_HOME": str(folder), "AGLAIS_PORT": str(numbers["hub"]),
            "AGLAIS_ACCOUNTS_GUEST_LIMIT": "10000000",
            "AGLAIS_ACCOUNTS_GUESTS_PER_MINUTE": "1000000",
            "AGLAIS_ACCOUNTS_SIGNUPS_PER_HOUR": "1000000",
        }  # fmt: skip
        text = COMMON + 'LEFT_OUT = {"booking", "storage"}\n' + OURS
        with _running(folder, text, numbers["hub"], environment) as hub:
            _wait(f"http://127.0.0.1:{numbers['accounts']}/services/accounts/health")
            yield hub


@contextmanager
def plain(configuration: str) -> Iterator[RunningHub]:
    """Run a plain JupyterHub with a peer's authenticator."""
    with _folder() as folder:
        socket, port = bind_unused_port()
        socket.close()
        text = configuration.replace("PORT", str(port)).replace("FOLDER", str(folder))
        with _running(folder, COMMON + text, port, {}) as hub:
            yield hub


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="aglais-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(
    folder: Path, configuration: str, port: int, environment: dict[str, str]
) -> Iterator[RunningHub]:
    file = folder / "jupyterhub_config.py"
    file.write_text(configuration)
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "-f", str(file)],
        cwd=folder,
        env=os.environ | environment | {"CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(8)},
        stdout=log,
        stderr=subprocess.STDOUT,
        preexec_fn=partial(end_with_parent, os.getpid()),
    )
    hub = RunningHub(f"http://127.0.0.1:{port}/hub/", process.pid)
    try:
        _wait(f"{hub.url}health", process)
        yield hub
    except BaseException:
        sys.stderr.write((folder / "log").read_text()[-4000:])
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > deadline or (process and process.poll() is not None):
            message = f"{url} does not answer"
            raise TimeoutError(message)
        time.sleep(0.1)
