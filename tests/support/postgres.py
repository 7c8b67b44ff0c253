"""A PostgreSQL server from the Debian package, on a socket of the test run's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

ACCOUNT = "postgres"
"""The Debian package's own user: the server refuses to run as root."""


def _programs() -> Path:
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


def _as_server_user(*command: str) -> None:
    prefix = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups"]
    full = [*prefix, *command] if os.geteuid() == 0 else list(command)
    done = subprocess.run(full, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr or done.stdout}")


@dataclass
class PostgresServer:
    """A running server."""

    folder: Path
    _numbers: count[int] = field(default_factory=count)

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[PostgresServer]:
        folder = Path(tempfile.mkdtemp(prefix="aglais-pg-"))
        if os.geteuid() == 0:
            shutil.chown(folder, ACCOUNT, ACCOUNT)
        data = str(folder / "data")
        _as_server_user(
            f"{_programs()}/initdb", "-D", data, "-U", "test", "-A", "trust", "-N", "-E", "UTF8"
        )
        server = cls(folder)
        server._control("-l", str(folder / "log"), "-w", "-o", server._options, "start")
        try:
            yield server
        finally:
            server._control("-m", "immediate", "stop")
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def _options(self) -> str:
        # No fsync: what is committed is lost by a power cut only, which no test brings about.
        # A killed server keeps it, as the operating system has it.
        return (
            f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off "
            "-c max_connections=200"
        )

    def _control(self, *command: str) -> None:
        _as_server_user(f"{_programs()}/pg_ctl", "-D", str(self.folder / "data"), *command)

    def restart(self) -> None:
        """Let the server die with all it is doing, and recover: its log is replayed."""
        self._control("-m", "immediate", "-l", str(self.folder / "log"), "-w", "restart")

    def new_database(self) -> str:
        name = f"test_{next(self._numbers)}"
        _as_server_user(f"{_programs()}/createdb", "-h", str(self.folder), "-U", "test", name)
        return f"postgresql://test@/{name}?host={self.folder}"
