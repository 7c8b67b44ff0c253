"""What every session is shown of the shipped content, and where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aglais_spawners.content import Content

__all__ = ["Shipped"]

NOTE_FILE = re.compile(r"_([0-9A-Z]+)\.zpln$")
"""How Zeppelin names the file of a note: its name, its id."""

LIBRARY, DATA = "/opt/aglais-notebook", "/data/examples"


@dataclass(frozen=True)
class Shipped:
    """Notebooks, the modules that they import, and their data.

    Parameters
    ----------
    content
        As it was built.
    show_tests
        Whether sessions see the test notebooks.
    """

    content: Content
    show_tests: bool = False

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders of notes that sessions see."""
        return ("examples", "utils", "tests") if self.show_tests else ("examples", "utils")

    @property
    def note_ids(self) -> tuple[str, ...]:
        """Ids of all notes that sessions see."""
        root = self.content.notebooks
        files = (path for name in self.folders for path in (root / name).rglob("*.zpln"))
        return tuple(sorted(found[1] for file in files if (found := NOTE_FILE.search(file.name))))

    @property
    def binds(self) -> Mapping[str, Path]:
        """Where the sandbox sees them, read-only."""
        notes = {f"/notebooks/{name}": self.content.notebooks / name for name in self.folders}
        return notes | {LIBRARY: self.content.library, DATA: self.content.data}

    @property
    def environment(self) -> dict[str, str]:
        """Variables of the notebook's code, in the front end and in Spark's workers."""
        return {"PYTHONPATH": LIBRARY}
