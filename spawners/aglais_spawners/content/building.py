"""
Builds, once, what sessions are shipped: notebooks for Zeppelin, and the data they read.

=========== ============================================= ========================
part        from                                          by
=========== ============================================= ========================
notebooks   the sources of notes, notebooks/lib/          this package
examples    notebooks/data/                               the session's Python, 3 s
=========== ============================================= ========================
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aglais_spawners.zeppelin import assemble
from aglais_spawners.zeppelin.workshop import Progress, Workshop, fingerprint

from . import sources, zeppelin
from .sources import ContentError, read_notes
from .zeppelin import write_note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Content", "build_content", "notebooks_of_checkout"]

_RECIPE = "star_catalogue"
"""The Python package in notebooks/data that makes the data."""


@dataclass(frozen=True)
class Content:
    """Where the shipped content is: readable by every user, fit to be mounted elsewhere."""

    notebooks: Path
    """Holds examples/, utils/ and tests/, for /notebooks/..."""
    library: Path
    """Python modules of notebooks, for the PYTHONPATH of interpreters and Spark workers."""
    data: Path
    """For /data/examples."""


def notebooks_of_checkout() -> Path:
    """
    Return the folder notebooks of the checkout that this package is used from.

    Raises
    ------
    ContentError
        The package was installed without a checkout.
    """
    folder = Path(__file__).parents[3] / "notebooks"
    if not (folder / "examples").is_dir():
        raise ContentError(f"{folder} is missing: notebooks come from a checkout of aglais-hub.")
    return folder


def build_content(
    cache: Path, report: Callable[[str, float], None], *, folder: Path | None = None
) -> Content:
    """
    Return the shipped content, building what is not in the cache yet.

    Parameters
    ----------
    cache
        Directory of things built once.
    report
        Called with a sentence and how much of the whole is done, 0 to 1.
    folder
        The folder notebooks; default the checkout's.

    Raises
    ------
    AssemblyError
        A notebook is malformed (ContentError), or the runtime, whose Python makes the data,
        could not be built.
    """
    folder = folder or notebooks_of_checkout()
    python = assemble(cache, lambda message, done: report(message, done * 0.9)).python
    shop = Workshop(cache)
    code = [(module.__name__, Path(str(module.__file__))) for module in (sources, zeppelin)]
    texts = fingerprint([*code, *_files(folder, "examples", "utils", "tests", "lib")])
    recipe = fingerprint(_files(folder, "data"), python.name)
    built = shop.find(f"notebooks-{texts}"), shop.find(f"examples-{recipe}")
    if not all(built):
        with shop.lock():
            report("Writing the shipped notebooks", 0.92)
            notes = shop.build(f"notebooks-{texts}", lambda d: _write_notebooks(folder, d))
            step = Progress(report, "Making the stars of the examples", 0.94, 1.0, 1)
            data = shop.build(
                f"examples-{recipe}", lambda d: _make_data(shop, folder, python, d, step)
            )
            built = notes, data
    report("The shipped notebooks are ready", 1.0)
    notes, data = (path for path in built if path)
    return Content(notes / "notebooks", notes / "lib", data)


def _files(folder: Path, *tops: str) -> Iterator[tuple[str, Path]]:
    for top in tops:
        for path in (folder / top).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(folder)), path


def _write_notebooks(folder: Path, target: Path) -> None:
    for note in read_notes(folder):
        write_note(note, target / "notebooks")
    shutil.copytree(folder / "lib", target / "lib", ignore=shutil.ignore_patterns("__pycache__"))


def _make_data(shop: Workshop, folder: Path, python: Path, target: Path, step: Progress) -> None:
    command = [str(python / "bin" / "python"), "-m", _RECIPE, "--out", str(target)]
    search = {"PYTHONPATH": str(folder / "data"), "PYTHONDONTWRITEBYTECODE": "1"}
    shop.run("examples", command, cwd=target, progress=step, env=search)
