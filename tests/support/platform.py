"""The whole platform, started as a person starts it: ``aglais up``, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

AGLAIS = Path(sys.executable).parent / "aglais"
START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RunningPlatform:
    """A platform and its state."""

    home: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def environment(self) -> dict[str, str]:
        own = {"AGLAIS_HOME": str(self.home), "AGLAIS_PORT": str(self.port)}
        return os.environ | own | self.settings

    @property
    def console(self) -> str:
        return (self.home / "console.txt").read_text()

    @property
    def log(self) -> str:
        return (self.home / "logs" / "platform.log").read_text()

    def start(self) -> float:
        """Start it; returns how long it took, seconds."""
        began = time.monotonic()
        console = self.home / "console.txt"
        with console.open("w") as output:
            self.process = subprocess.Popen(
                [AGLAIS, "up"], env=self.environment, stdout=output, stderr=output,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        while "Ready:" not in console.read_text():
            if self.process.poll() is not None or time.monotonic() - began > START_SECONDS:
                raise AssertionError(f"the platform did not start: {console.read_text()}")
            time.sleep(0.05)
        return time.monotonic() - began

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(90)

    def command(self, *arguments: str) -> str:
        """Run ``aglais`` and return what it prints."""
        done = subprocess.run(
            [AGLAIS, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def is_well(self) -> bool:
        """Tell whether all parts answer."""
        done = subprocess.run(
            [AGLAIS, "status"], env=self.environment, capture_output=True, check=False
        )
        return done.returncode == 0

    def api(self, service: str, token: str) -> httpx.Client:
        """Return a client of a service's API, through the door."""
        return httpx.Client(
            base_url=f"{self.url}services/{service}/api/",
            headers={"Authorization": f"token {token}"},
            timeout=30,
        )

    def hub_api(self, token: str) -> httpx.Client:
        """Return a client of the Hub's API."""
        headers = {"Authorization": f"token {token}"}
        return httpx.Client(base_url=f"{self.url}hub/api/", headers=headers, timeout=30)

    def processes(self) -> dict[int, str]:
        """Return the processes of this platform and its sessions, by id."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            if str(self.home) in command or bytes(self.home) in environment:
                found[int(folder.name)] = command
        return found

    def child(self, pattern: str) -> int:
        """Return the id of the one process whose command matches."""
        matching = [pid for pid, command in self.processes().items() if re.search(pattern, command)]
        assert len(matching) == 1, (pattern, self.processes())
        return matching[0]


@contextmanager
def platform_in_its_own_folder(
    *, port: int | None = None, **settings: str
) -> Iterator[RunningPlatform]:
    """Start a platform and end it after the block; its log is shown when the block fails."""
    home = Path(tempfile.mkdtemp(prefix="aglais-"))
    platform = RunningPlatform(home, port or free_port(), settings)
    try:
        platform.start()
        yield platform
    except BaseException:
        log = home / "logs" / "platform.log"
        sys.stderr.write(log.read_text()[-6000:] if log.exists() else "no log\n")
        raise
    finally:
        platform.stop()
        shutil.rmtree(home, ignore_errors=True)
