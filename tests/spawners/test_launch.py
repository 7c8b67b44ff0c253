"""How Zeppelin's server asks the session's launcher for an interpreter."""

from __future__ import annotations

import json
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from aglais_spawners.zeppelin.assembly import sources_of_checkout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BIN = sources_of_checkout() / "distribution" / "home" / "bin"
ARGUMENTS = ["-d", "/opt/zeppelin/interpreter/md", "-c", "127.0.0.1", "-p", "5", "-i", "md a"]


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "launcher.sock"))
        listener.listen()
        listener.settimeout(10)
        yield listener


def start(tmp_path: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(BIN / "interpreter.sh"), *ARGUMENTS],
        env={
            "PATH": "/usr/bin:/bin",
            "AGLAIS_LAUNCHER": f"{tmp_path}/launcher.sock",
            **environment,
        },
        stdout=subprocess.PIPE,
        text=True,
    )


def request_of(connection: socket.socket) -> dict[str, Any]:
    with connection.makefile() as lines:
        request: dict[str, Any] = json.loads(lines.readline())
        return request


def test_it_sends_one_line_and_relays_what_comes_back(
    tmp_path: Path, launcher: socket.socket
) -> None:
    process = start(tmp_path)
    connection, _ = launcher.accept()
    assert request_of(connection)["argv"] == [str(BIN / "interpreter-process.sh"), *ARGUMENTS]
    connection.sendall("[INFO] started ★\n".encode())
    connection.close()
    assert process.communicate(timeout=10)[0] == "[INFO] started ★\n"
    assert process.returncode == 0


def test_only_named_variables_are_passed_on(tmp_path: Path, launcher: socket.socket) -> None:
    passed = {
        "INTERPRETER_GROUP_ID": "md",
        "ZEPPELIN_INTP_MEM": "-Xmx64m",
        "ZEPPELIN_SPARK_CONF": "--conf|a=b",
        "JAVA_INTP_OPTS": "-Dx=y",
        "RESOURCES_PACKAGE": "tiny",
        "AGLAIS_PYTHON": "/opt/python",
        "PYSPARK_PIN_THREAD": "true",
    }
    kept = {
        "JUPYTERHUB_API_TOKEN": "secret",
        "ZEPPELIN_CONF_DIR": "/run/session/conf",
        "HOME": "/run/session",
        "LD_LIBRARY_PATH": "/evil",
        "PYTHONPATH": "/evil",
    }
    process = start(tmp_path, **passed, **kept)
    connection, _ = launcher.accept()
    assert request_of(connection)["env"] == passed
    connection.close()
    process.communicate(timeout=10)


def test_killing_it_closes_the_connection(tmp_path: Path, launcher: socket.socket) -> None:
    process = start(tmp_path)
    connection, _ = launcher.accept()
    request_of(connection)
    connection.settimeout(10)
    process.kill()
    assert connection.recv(1) == b""
    process.communicate(timeout=10)
