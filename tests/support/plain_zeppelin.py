"""A Zeppelin server as it comes, without door or sandbox: what the runtime does by itself."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aglais_spawners.zeppelin import Runtime


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def plain_zeppelin(
    runtime: Runtime,
    place: Path,
    more: Mapping[str, str] | None = None,
    *,
    variables: Mapping[str, str] | None = None,
) -> Iterator[httpx.Client]:
    """Start a server whose state is in `place`; yields a client of it.

    `more` holds settings on top: a port to come back on, a context path, another web UI.
    `variables` go into the environment of the server, and so of its interpreters.
    """
    settings = _settings(runtime, place) | (more or {})
    (place / "conf").mkdir(exist_ok=True)
    (place / "conf" / "zeppelin-site.xml").write_text(_site(settings))
    port = settings["zeppelin.server.port"]
    base = settings.get("zeppelin.server.context.path", "/")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "ZEPPELIN_HOME": str(runtime.zeppelin),
        "ZEPPELIN_CONF_DIR": str(place / "conf"),
        "ZEPPELIN_IDENT_STRING": "test",
        "ZEPPELIN_LOCAL_IP": "127.0.0.1",
        "SPARK_HOME": str(runtime.zeppelin / "spark"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "AGLAIS_PYTHON": str(runtime.python),
        **(variables or {}),
    }
    classpath = f"{runtime.zeppelin}/interpreter-conf:{runtime.zeppelin}/lib/*"
    command = ["java", "-Xmx384m", "-XX:+UseSerialGC", f"-Dzeppelin.home={runtime.zeppelin}"]
    command += ["-cp", classpath, "org.apache.zeppelin.server.ZeppelinServer"]
    log = (place / "server.log").open("w")
    server = subprocess.Popen(command, cwd=place, env=environment, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}{base}", timeout=180) as client:
            _wait_until_up(client, server)
            yield client
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _settings(runtime: Runtime, place: Path) -> dict[str, str]:
    return {
        "zeppelin.server.addr": "127.0.0.1",
        "zeppelin.server.port": str(free_port()),
        "zeppelin.war": str(runtime.zeppelin / "zeppelin.war"),
        "zeppelin.angular.war": str(runtime.zeppelin / "zeppelin.war"),
        "zeppelin.notebook.dir": str(place / "notebook"),
        "zeppelin.notebook.storage": "org.apache.zeppelin.notebook.repo.VFSNotebookRepo",
        "zeppelin.interpreter.localRepo": str(place / "local-repo"),
        "zeppelin.search.enable": "false",
    }


def _site(settings: Mapping[str, str]) -> str:
    lines = (
        f"<property><name>{name}</name><value>{escape(value)}</value></property>"
        for name, value in settings.items()
    )
    return f"<configuration>{''.join(lines)}</configuration>"


def _wait_until_up(client: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        try:
            client.get("api/version").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("Zeppelin did not start")


def run(client: httpx.Client, note: str, text: str) -> tuple[str, str]:
    """Run a new paragraph; returns its code and its output."""
    body = {"title": "", "text": text}
    paragraph = client.post(f"api/notebook/{note}/paragraph", json=body).json()["body"]
    answer = client.post(f"api/notebook/run/{note}/{paragraph}").json()["body"]
    return answer["code"], "".join(part["data"] for part in answer.get("msg", []))
