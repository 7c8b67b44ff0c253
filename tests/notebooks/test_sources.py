"""The shipped notes are well-formed, and what is not is refused by name."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING

import pytest

from aglais_spawners.content import ContentError
from aglais_spawners.content.building import notebooks_of_checkout
from aglais_spawners.content.sources import Note, read_note, read_notes
from aglais_spawners.content.zeppelin import as_zeppelin, write_note

if TYPE_CHECKING:
    from pathlib import Path

NOTES = read_notes(notebooks_of_checkout())
SOUND = """---
id: 2AGLXXX01
package: tiny
---
# A name

Prose with *stress*.

```python spark.pyspark A title
print("hello")
```
"""


def each_note(*tops: str) -> pytest.MarkDecorator:
    notes = [note for note in NOTES if note.folder.startswith(tops)]
    return pytest.mark.parametrize("note", notes, ids=lambda n: f"{n.folder}/{n.name}")


def code_of(note: Note) -> str:
    return "\n".join(p.text for p in note.paragraphs if p.interpreter == "spark.pyspark")


def test_every_folder_of_the_tree_has_notes() -> None:
    packages = ("tiny", "small", "medium", "large")
    folders = {f"{top}/{package}" for top in ("examples", "tests") for package in packages}
    assert {note.folder for note in NOTES} == folders | {"utils"}


@each_note("")
def test_note_keeps_no_result_but_its_prose(note: Note) -> None:
    for paragraph in as_zeppelin(note)["paragraphs"]:
        is_prose = paragraph["text"].startswith("%md\n")
        assert ("results" in paragraph) == is_prose
        assert not any("date" in key for key in paragraph)


@each_note("")
def test_paragraphs_have_ids_that_stay(note: Note) -> None:
    ids = [paragraph["id"] for paragraph in as_zeppelin(note)["paragraphs"]]
    assert len(set(ids)) == len(ids)
    assert as_zeppelin(note) == as_zeppelin(note)
    assert all(id_.startswith(f"paragraph_{note.id}_") for id_ in ids)


@each_note("")
def test_python_of_a_note_compiles(note: Note) -> None:
    ast.parse(code_of(note))


@each_note("examples", "tests")
def test_note_declares_its_package_where_it_begins_and_ends_with_a_result(note: Note) -> None:
    code = [p.text for p in note.paragraphs if p.interpreter != "md"]
    assert f'aglais_notebook.begin(package="{note.package}"' in code[0]
    assert "aglais_notebook.result(" in code[-1]
    assert note.folder.endswith(f"/{note.package}")


@each_note("examples", "utils")
def test_note_says_that_its_stars_are_synthetic(note: Note) -> None:
    prose = "\n".join(p.text for p in note.paragraphs if p.interpreter == "md")
    assert "synthetic" in prose or "stars" not in prose.lower()


def test_file_is_named_as_zeppelin_names_it(tmp_path: Path) -> None:
    source = tmp_path / "a.md"
    source.write_text(SOUND)
    file = write_note(read_note(source, "utils"), tmp_path)
    assert file == tmp_path / "utils" / "A name_2AGLXXX01.zpln"
    note = json.loads(file.read_text())
    assert (note["id"], note["name"], note["config"]["aglais"]) == (
        "2AGLXXX01",
        "A name",
        {"package": "tiny"},
    )
    prose, code = note["paragraphs"]
    assert "<em>stress</em>" in prose["results"]["msg"][0]["data"]
    assert (code["title"], code["text"]) == ("A title", '%spark.pyspark\nprint("hello")')


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("id: 2AGLXXX01", "id: 1"), "is not 2 and eight capitals or digits"),
        (("package: tiny", "package: huge"), "is none of tiny, small"),
        (("package: tiny", "package: large"), "is not the folder it is in"),
        (("package: tiny\n", "package: tiny\nowner: me\n"), "other fields"),
        (("---\nid", "id"), "starts with no header"),
        (("# A name", "A name"), "must be `# Name of the note`"),
        (("# A name", "# ../../etc/passwd"), "no good name of a file"),
        (('print("hello")\n```', 'print("hello")'), "a fence is open"),
        (("```python spark.pyspark A title", "```python"), "names no interpreter"),
        ((SOUND[SOUND.index("```") :], ""), "no paragraph to run"),
    ],
)
def test_malformed_source_is_refused(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    source = tmp_path / "a.md"
    source.write_text(SOUND.replace(*change))
    with pytest.raises(ContentError, match=f"{re.escape(str(source))}.*{re.escape(complaint)}"):
        read_note(source, "examples/tiny")


def test_two_notes_of_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "utils").mkdir()
    (tmp_path / "utils" / "a.md").write_text(SOUND)
    (tmp_path / "utils" / "b.md").write_text(SOUND.replace("# A name", "# Another"))
    with pytest.raises(ContentError, match="same id: 2AGLXXX01"):
        read_notes(tmp_path)


def test_prose_is_no_way_to_bring_a_script(tmp_path: Path) -> None:
    source = tmp_path / "a.md"
    source.write_text(SOUND.replace("Prose", "<script>alert(1)</script> [x](javascript:alert(1))"))
    prose = as_zeppelin(read_note(source, "utils"))["paragraphs"][0]
    html = prose["results"]["msg"][0]["data"]
    assert "<script" not in html
    assert 'href="javascript' not in html
