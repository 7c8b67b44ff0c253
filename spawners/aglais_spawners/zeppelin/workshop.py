"""Where things are built once: locked, logged, moved to their final name only when whole."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aglais_hub.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["AssemblyError", "Progress", "Workshop", "fingerprint"]

UNFINISHED = ".building-"
"""Prefix of directories under construction. Nobody owns one while the lock is free."""


class AssemblyError(BuildError):
    """The runtime could not be built; the message tells the user why and what to do."""


def fingerprint(files: Iterable[tuple[str, Path]], *extra: str) -> str:
    """
    Name a set of inputs by its content.

    Parameters
    ----------
    files
        Pairs of the name that a file has in the build, and where it is.
    extra
        Other inputs, as text.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name, path in sorted(files):
        executable = os.access(path, os.X_OK)
        digest.update(f"{name}\0{executable}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update("\0".join(extra).encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Progress:
    """The stretch of the whole work, `start` to `end` (0 to 1), that one step covers."""

    report: Callable[[str, float], None]
    message: str
    start: float
    end: float
    usual_lines: int

    def begin(self) -> None:
        """Say that the step has begun."""
        self.report(self.message, self.start)

    def line(self, count: int) -> None:
        """Move on after `count` lines of output; never arrives, since the usual is a guess."""
        share = count / (count + self.usual_lines / 4)
        self.report(self.message, self.start + (self.end - self.start) * share)


class Workshop:
    """
    Builds directories in a cache.

    Parameters
    ----------
    cache
        Where everything is kept. Made when it is missing.
    """

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.logs = cache / "logs"

    def find(self, name: str) -> Path | None:
        """Return the finished directory of this name, if there is one."""
        path = self.cache / name
        return path if path.is_dir() else None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the cache alone. Others wait; what a killed builder left behind is swept first."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            handle = (self.cache / "lock").open("w")
        except OSError as e:
            raise AssemblyError(f"The cache {self.cache} cannot be written: {e.strerror}.") from e
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            for leftover in self.cache.glob(f"{UNFINISHED}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield

    def build(self, name: str, recipe: Callable[[Path], None]) -> Path:
        """
        Return the directory `name`, letting `recipe` fill it if it is missing. Needs the lock.

        Raises
        ------
        AssemblyError
            The recipe's own, or that the disk is full.
        """
        final = self.cache / name
        if final.is_dir():
            return final
        draft = self.cache / f"{UNFINISHED}{name}"
        draft.mkdir()
        try:
            recipe(draft)
            _open_to_all(draft)
            draft.rename(final)
        except OSError as e:
            shutil.rmtree(draft, ignore_errors=True)
            raise AssemblyError(f"Building {name} in {self.cache} failed: {e}.") from e
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        return final

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Lend a directory that is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=self.cache) as path:
            yield self.cache / path

    def need_space(self, required_bytes: int) -> None:
        """Raise unless the disk of the cache has this much room."""
        free = shutil.disk_usage(self.cache).free
        if free < required_bytes:
            raise AssemblyError(
                f"No disk space: building needs {required_bytes / 1e9:.1f} GB at {self.cache}, "
                f"{free / 1e9:.1f} GB are free. Make room or set AGLAIS_CACHE to another place."
            )

    def run(
        self,
        label: str,
        command: Sequence[str],
        *,
        cwd: Path,
        progress: Progress,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """
        Run a build tool, its output going to a log file and its pace to the progress.

        Raises
        ------
        AssemblyError
            The tool is missing, or it failed: names the log.
        """
        if shutil.which(command[0]) is None:
            raise AssemblyError(
                f"{command[0]} is missing. {_WHERE_FROM.get(command[0], '')}".strip()
            )
        progress.begin()
        log = self.logs / f"{label}.log"
        with log.open("w") as record:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            try:
                _follow(process, record.write, progress)
            finally:
                process.kill()
                process.wait()
        if process.returncode != 0:
            raise AssemblyError(
                f"{progress.message} failed ({command[0]} ended with {process.returncode}). "
                f"Read {log}; when a package registry did not answer, run it again."
            )


_WHERE_FROM = {
    "mvn": "Install Maven (Debian: apt-get install maven).",
    "javac": "Install a Java 17 development kit (Debian: apt-get install openjdk-17-jdk-headless).",
    "npm": "Install node and npm (Debian: apt-get install nodejs npm).",
}


def _follow(
    process: subprocess.Popen[str], write: Callable[[str], object], progress: Progress
) -> None:
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    for count, line in enumerate(process.stdout, start=1):
        write(line)
        progress.line(count)
    process.wait()


def _open_to_all(root: Path) -> None:
    """Let every user read what is in there: sessions run as users of their own."""
    root.chmod(0o755)
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = os.path.join(folder, name)  # noqa: PTH118 - 20,000 files, Path is slow
            if not os.path.islink(path):  # noqa: PTH114
                mode = os.stat(path).st_mode  # noqa: PTH116
                wanted = mode | 0o444 | (0o111 if mode & 0o100 else 0)
                if wanted != mode:
                    os.chmod(path, wanted)  # noqa: PTH101
