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
        data, bin_ = folder / "data", _programs()
        _as_server_user(
            f"{bin_}/initdb", "-D", str(data), "-U", "test", "-A", "trust", "-N", "-E", "UTF8"
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        log = str(folder / "log")
        _as_server_user(f"{bin_}/pg_ctl", "-D", str(data), "-l", log, "-w", "-o", options, "start")
        try:
            yield cls(folder)
        finally:
            _as_server_user(f"{bin_}/pg_ctl", "-D", str(data), "-m", "immediate", "stop")
            shutil.rmtree(folder, ignore_errors=True)

    def new_database(self) -> str:
        name = f"test_{next(self._numbers)}"
        _as_server_user(f"{_programs()}/createdb", "-h", str(self.folder), "-U", "test", name)
        return f"postgresql://test@/{name}?host={self.folder}"
