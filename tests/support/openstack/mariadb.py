"""A private MariaDB on a socket; what Magnum's and others' migrations need."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aglais_hub.platform.processes import end_with_parent

__all__ = ["MariaDb", "make_data"]

PROGRAM = "/usr/sbin/mariadbd"
SHARED = Path("/usr/share/mysql")
SYSTEM_TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql")
SYSTEM_DATA = "mysql_system_tables_data.sql"

WHO = pwd.getpwuid(os.geteuid()).pw_name
OPTIONS = (
    "--no-defaults", f"--user={WHO}", "--skip-networking", "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync",
    "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=16M",
    "--performance-schema=off", "--character-set-server=utf8mb3", "--max-connections=400",
)  # fmt: skip


def make_data(folder: Path) -> None:
    """Fill a folder with the server's own tables; root needs no password on the socket."""
    folder.mkdir()
    parts = ["CREATE DATABASE mysql;", "USE mysql;", "SET @auth_root_socket=NULL;"]
    parts += [(SHARED / name).read_text() for name in (*SYSTEM_TABLES, SYSTEM_DATA)]
    # `mariadb-install-db` does the same, but is whole only with a package that starts a daemon.
    done = subprocess.run(
        [PROGRAM, *OPTIONS, f"--datadir={folder}", "--bootstrap", "--skip-grant-tables"],
        input="\n".join(parts), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"MariaDB could not be set up: {done.stderr[-2000:]}")


@dataclass
class MariaDb:
    """A running server."""

    process: subprocess.Popen[bytes]
    socket: Path

    @classmethod
    def start(cls, data: Path, folder: Path, sql: str) -> MariaDb:
        """Start it on a folder of data; `sql` is run before anybody is served."""
        socket, first = folder / "mariadb.sock", folder / "first.sql"
        # Each statement of an init file stands on a line of its own.
        first.write_text(sql)
        log = (folder / "mariadb.log").open("ab")
        with log:
            process = subprocess.Popen(
                [PROGRAM, *OPTIONS, f"--datadir={data}", f"--socket={socket}",
                 f"--init-file={first}", "--pid-file=mariadb.pid"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=partial(end_with_parent, os.getpid()),
            )  # fmt: skip
        server = cls(process, socket)
        server.wait_until_up(folder / "mariadb.log")
        return server

    def wait_until_up(self, log: Path, seconds: float = 60) -> None:
        """Wait until it listens."""
        end = time.monotonic() + seconds
        while not self.socket.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"MariaDB did not start: {log.read_text()[-3000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in order: its files are whole afterwards."""
        self.process.terminate()
        self.process.wait(60)
