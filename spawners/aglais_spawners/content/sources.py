"""
Reads the sources of notebooks: Markdown files whose code blocks are paragraphs.

    ---
    id: 2AGLTNY01
    package: tiny
    ---
    # Name of the note

    Prose becomes a %md paragraph ...

    ```python spark.pyspark Title of the paragraph
    ... and a block one of the interpreter that its first line names, after the language.
    ```
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aglais_spawners.zeppelin import AssemblyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ContentError", "Note", "Paragraph", "read_note", "read_notes"]

PACKAGES = ("tiny", "small", "medium", "large")

_HEADER = re.compile(r"---\n(?P<fields>(?:\w+: *.+\n)+)---\n", re.ASCII)
_BLOCK = re.compile(
    r"^```(?P<language>\w+) +(?P<interpreter>[\w.]+)(?: +(?P<title>[^\n]+))?\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_ID = re.compile(r"2[A-Z0-9]{8}")
"""The form of Zeppelin's own ids."""

_NAME = re.compile(r"[\w ,.'-]+")
"""What may be the name of a file everywhere."""


class ContentError(AssemblyError):
    """A shipped notebook is not as it must be; the message names the file."""


@dataclass(frozen=True)
class Paragraph:
    """One paragraph: for an interpreter, or prose ("md")."""

    interpreter: str
    text: str
    title: str = ""


@dataclass(frozen=True)
class Note:
    """A notebook as its source says it."""

    id: str
    name: str
    folder: str
    """As in the session's tree: "examples/tiny"."""
    package: str
    """The smallest package that it runs well in."""
    paragraphs: tuple[Paragraph, ...]


def read_notes(root: Path) -> tuple[Note, ...]:
    """
    Read every note below the folders examples, utils and tests.

    Raises
    ------
    ContentError
        A source is malformed, or two notes share an id or a name.
    """
    paths = sorted(p for top in ("examples", "utils", "tests") for p in root.glob(f"{top}/**/*.md"))
    notes = tuple(read_note(path, str(path.parent.relative_to(root))) for path in paths)
    for what, keys in (
        ("id", [note.id for note in notes]),
        ("name", [f"{note.folder}/{note.name}" for note in notes]),
    ):
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise ContentError(f"Two notebooks have the same {what}: {', '.join(sorted(twice))}.")
    return notes


def read_note(path: Path, folder: str) -> Note:
    """Read one source; `folder` is where the note is to stand in the tree."""
    text = path.read_text(encoding="utf-8")
    header = _HEADER.match(text)
    if header is None:
        raise ContentError(f"{path}: starts with no header of `---`, `id:`, `package:`, `---`.")
    fields = dict(line.split(":", 1) for line in header["fields"].splitlines())
    fields = {name: value.strip() for name, value in fields.items()}
    paragraphs = tuple(_paragraphs(text[header.end() :]))
    if not paragraphs or not paragraphs[0].text.startswith("# "):
        raise ContentError(f"{path}: the first line after the header must be `# Name of the note`.")
    name = paragraphs[0].text.split("\n", 1)[0][2:].strip()
    note = Note(fields.get("id", ""), name, folder, fields.get("package", ""), paragraphs)
    _require_sound(path, note, set(fields))
    return note


def _require_sound(path: Path, note: Note, fields: set[str]) -> None:
    folder_package = note.folder.rsplit("/", 1)[-1]
    faults = {
        f"its header has other fields than id and package: {sorted(fields)}": fields
        != {"id", "package"},
        f"`id: {note.id}` is not 2 and eight capitals or digits": not _ID.fullmatch(note.id),
        f"`package: {note.package}` is none of {', '.join(PACKAGES)}": note.package not in PACKAGES,
        f"`package: {note.package}` is not the folder it is in": folder_package in PACKAGES
        and folder_package != note.package,
        f"its name, {note.name!r}, is no good name of a file": not _NAME.fullmatch(note.name),
        "a fence is open, or names no interpreter": any(
            p.interpreter == "md" and "```" in p.text for p in note.paragraphs
        ),
        "it has no paragraph to run": all(p.interpreter == "md" for p in note.paragraphs),
    }
    for fault, is_so in faults.items():
        if is_so:
            raise ContentError(f"{path}: {fault}.")


def _paragraphs(body: str) -> Iterator[Paragraph]:
    end = 0
    for block in _BLOCK.finditer(body):
        yield from _prose(body[end : block.start()])
        end = block.end()
        yield Paragraph(block["interpreter"], block["code"].rstrip(), block["title"] or "")
    yield from _prose(body[end:])


def _prose(text: str) -> Iterator[Paragraph]:
    if text.strip():
        yield Paragraph("md", text.strip())
