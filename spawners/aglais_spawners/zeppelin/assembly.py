"""Builds, once, what a Zeppelin session runs on: the server's home directory, a Python with Spark.

Each part has a name made from the content of what it is built from, so a change builds that part
again and no other:

=========== =========================================== ==============================
part        from                                        by
=========== =========================================== ==============================
libraries   the poms of zeppelin-plugin/distribution    Maven, 1 minute
plugin      plugin/ and spark-bridge/                   Maven, 10 s
webui       webapp/                                     npm, half a minute
python      distribution/python/                        venv and pip, half a minute
zeppelin    the first three, and distribution/home/     hard links, at once
=========== =========================================== ==============================
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from . import parts
from .workshop import AssemblyError, Progress, Workshop, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["AssemblyError", "Runtime", "assemble", "default_cache", "sources_of_checkout"]

REQUIRED_BYTES = 3 * 10**9
"""Room for one complete runtime (1.1 GB) and what is needed while building it."""


@dataclass(frozen=True)
class Runtime:
    """Where the assembled runtime is: readable by every user, fit to be mounted elsewhere."""

    zeppelin: Path
    python: Path


def default_cache() -> Path:
    """Return the directory of things built once: AGLAIS_CACHE, or ~/.cache/aglais."""
    return Path(os.environ.get("AGLAIS_CACHE") or Path.home() / ".cache" / "aglais").absolute()


def sources_of_checkout() -> Path:
    """
    Return the folder zeppelin-plugin of the checkout that this package is used from.

    Raises
    ------
    AssemblyError
        The package was installed without a checkout.
    """
    sources = Path(__file__).parents[3] / "zeppelin-plugin"
    if not (sources / "pom.xml").is_file():
        raise AssemblyError(
            f"{sources} is missing: Zeppelin is assembled from a checkout of aglais-hub."
        )
    return sources


def assemble(
    cache: Path, report: Callable[[str, float], None], *, sources: Path | None = None
) -> Runtime:
    """
    Return the runtime, building what is not in the cache yet.

    Parameters
    ----------
    cache
        Directory of things built once, shared by every checkout of this user.
    report
        Called with a sentence and how much of the whole is done, 0 to 1.
    sources
        The folder zeppelin-plugin; default the checkout's.

    Raises
    ------
    AssemblyError
        A tool is missing, the disk is full, a registry failed: a sentence for the user.
    """
    plan = _Plan.read(sources or sources_of_checkout(), cache)
    runtime = plan.runtime()
    if runtime is None:
        with plan.workshop.lock():
            runtime = plan.runtime() or plan.build(report)
    report("The Zeppelin runtime is ready", 1.0)
    return runtime


@dataclass(frozen=True)
class _Plan:
    """What the cache should hold for the sources as they are now."""

    sources: Path
    workshop: Workshop
    libraries: str
    plugin: str
    webui: str
    python: str
    zeppelin: str

    @classmethod
    def read(cls, sources: Path, cache: Path) -> _Plan:
        recipes = [("parts.py", Path(parts.__file__))]
        poms = list(_files(sources, "pom.xml", "distribution/*pom.xml"))
        java = list(_files(sources, "*pom.xml", "*/src/main/*"))
        libraries = f"libraries-{fingerprint(recipes + poms)}"
        plugin = f"plugin-{fingerprint(recipes + java)}"
        webui = f"webui-{fingerprint([*recipes, *_files(sources, 'webapp/*')])}"
        packages = list(_files(sources, "distribution/python/*"))
        python = f"python-{fingerprint(recipes + packages, base_python())}"
        home = fingerprint(_files(sources, "distribution/home/*"), libraries, plugin, webui)
        workshop = Workshop(cache)
        return cls(sources, workshop, libraries, plugin, webui, python, f"zeppelin-{home}")

    def runtime(self) -> Runtime | None:
        zeppelin = self.workshop.find(self.zeppelin)
        python = self.workshop.find(self.python)
        return Runtime(zeppelin, python) if zeppelin and python else None

    def build(self, report: Callable[[str, float], None]) -> Runtime:
        def stretch(message: str, start: float, end: float, lines: int) -> Progress:
            return Progress(report, message, start, end, lines)

        shop, sources = self.workshop, self.sources
        shop.need_space(REQUIRED_BYTES)
        step = stretch("Fetching the Zeppelin server and its interpreters", 0.0, 0.4, 1500)
        libraries = shop.build(
            self.libraries, lambda d: parts.fetch_libraries(shop, sources, d, step)
        )
        step = stretch("Compiling the Zeppelin plugin", 0.4, 0.55, 400)
        plugin = shop.build(self.plugin, lambda d: parts.compile_plugin(shop, sources, d, step))
        step = stretch("Building the web UI", 0.55, 0.65, 60)
        webui = shop.build(self.webui, lambda d: parts.build_webui(shop, sources, d, step))
        step = stretch("Installing Python with Spark", 0.65, 0.95, 60)
        python = shop.build(
            self.python, lambda d: parts.install_python(shop, sources, d, step, base_python())
        )
        report("Putting Zeppelin together", 0.95)
        zeppelin = shop.build(
            self.zeppelin, lambda d: parts.join_home(sources, libraries, plugin, webui, d)
        )
        return Runtime(zeppelin, python)


def base_python() -> str:
    """Return the Python of sessions: the system's, since they see no other; without it our own."""
    system = shutil.which("python3", path="/usr/bin")
    own = str(getattr(sys, "_base_executable", sys.executable))
    return str(Path(system or own).resolve())


def _files(sources: Path, *patterns: str) -> Iterator[tuple[str, Path]]:
    """Find inputs by glob patterns; does not look into what tools left there (node_modules)."""
    for folder, folders, names in os.walk(sources):
        folders[:] = sorted(set(folders) - parts.UNTRACKED)
        for name in names:
            path = Path(folder, name)
            relative = str(path.relative_to(sources))
            if any(fnmatch(relative, pattern) for pattern in patterns):
                yield relative, path
