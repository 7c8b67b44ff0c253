"""The proxy logs what it could not pass on, and none of the codes in its path."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from aglais_hub.platform.proxy import HIDES_CODES, install_proxy
from aglais_hub.platform.settings import Platform
from tests.support.platform import free_port

CODE = "a-code-that-nobody-may-read"

Ask = Callable[[list[str]], str]


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Ask]:
    """Run the proxy before a Hub that is away, and come with codes; returns what it logs."""
    started: list[subprocess.Popen[bytes]] = []

    def knock(command: list[str]) -> str:
        port, gone, log = free_port(), free_port(), tmp_path / "log"
        own = [f"--port={port}", "--ip=127.0.0.1", f"--default-target=http://127.0.0.1:{gone}"]
        api = [f"--api-port={free_port()}", "--api-ip=127.0.0.1"]
        with log.open("wb") as output:
            started.append(subprocess.Popen([*command, *own, *api], stdout=output, stderr=output))
        answers = [
            _patient_get(port, path)
            for path in (
                f"hub/confirm/{CODE}",
                f"hub/reset/{CODE}?a=b",
                f"services/booking/feeds/{CODE}.ics",
                f"hub/enter?code={CODE}",
            )
        ]
        assert answers == [503] * 4
        time.sleep(0.2)
        return log.read_text()

    yield knock
    for process in started:
        process.terminate()
        process.wait(10)


def _patient_get(port: int, path: str) -> int:
    for _ in range(300):
        try:
            return httpx.get(f"http://127.0.0.1:{port}/{path}").status_code
        except httpx.ConnectError:
            time.sleep(0.1)
    message = "the proxy did not start"
    raise AssertionError(message)


def test_codes_are_hidden(ask: Ask) -> None:
    said = ask(install_proxy(Platform.load().cache))
    assert said.count("[secret]") == 3
    assert "503 GET /hub/confirm/[secret] " in said
    assert CODE not in said


def test_without_that_they_would_be_found(ask: Ask) -> None:
    command = install_proxy(Platform.load().cache)
    bare = [word for word in command if word not in {"--require", str(HIDES_CODES)}]
    assert f"/hub/confirm/{CODE}" in ask(bare)
