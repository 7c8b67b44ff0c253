"""The services' own Python: a virtual environment in the cache, by what it is made of."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

__all__ = ["HERE", "fingerprint", "installation", "kept"]

HERE = Path(__file__).parent
WHOLE = ".whole"
"""File that says that a folder was finished; one without it is made anew."""


def cache() -> Path:
    """Return the folder of what is built once."""
    return Path(os.environ.get("AGLAIS_CACHE") or Path.home() / ".cache" / "aglais").absolute()


def fingerprint(*texts: str) -> str:
    """Name inputs by their content."""
    return sha256("\0".join(texts).encode()).hexdigest()[:12]


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder of the cache, made first if it is not there; others wait meanwhile."""
    folder = cache() / name
    if (folder / WHOLE).exists():
        return folder
    with _lock(name):
        if not (folder / WHOLE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / WHOLE).touch()
    return folder


@contextmanager
def _lock(name: str) -> Iterator[None]:
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f".{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def installation() -> Path:
    """Return the virtual environment with the services in it."""
    pins = HERE / "requirements.txt"
    return kept(f"openstack-{fingerprint(pins.read_text(), sys.version)}", _install)


def _install(folder: Path) -> None:
    _run(sys.executable, "-m", "venv", folder)
    options = ["--quiet", "--disable-pip-version-check", "--no-input"]
    _run(folder / "bin/python", "-m", "pip", "install", *options, "-r", HERE / "requirements.txt")


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"OpenStack could not be installed: {done.stderr or done.stdout}")
