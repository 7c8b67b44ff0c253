"""The shipped notes on a real Zeppelin with Spark: that they run, and what they find."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

from aglais_spawners.content import Content, build_content
from aglais_spawners.content.building import notebooks_of_checkout
from aglais_spawners.content.sources import Note, read_notes
from aglais_spawners.zeppelin import assemble
from aglais_spawners.zeppelin.assembly import default_cache
from tests.support.note_runs import run_note, zeppelin_with_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from tests.support.note_runs import NoteRun

    Runs = Callable[[str], NoteRun]

pytestmark = pytest.mark.zeppelin

NOTES = {note.name: note for note in read_notes(notebooks_of_checkout())}
MARKED = [n for n in NOTES.values() if n.folder in {"examples/tiny", "tests/tiny"}]


@pytest.fixture(scope="module")
def content() -> Content:
    return build_content(default_cache(), lambda message, done: None)


@pytest.fixture(scope="module")
def zeppelin(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    runtime = assemble(default_cache(), lambda message, done: None)
    place = tmp_path_factory.mktemp("zeppelin")
    with zeppelin_with_content(runtime, content, place, package="tiny") as client:
        yield client


@pytest.fixture(scope="module")
def runs(zeppelin: httpx.Client) -> Runs:
    """Runs the note of a name, once."""
    return functools.cache(lambda name: run_note(zeppelin, NOTES[name].id))


def test_zeppelin_lists_every_note_in_its_folder(zeppelin: httpx.Client) -> None:
    listed = {note["path"] for note in zeppelin.get("api/notebook").json()["body"]}
    assert listed == {f"/{note.folder}/{note.name}" for note in NOTES.values()}


def test_content_is_built_once(content: Content) -> None:
    said: list[str] = []
    assert build_content(default_cache(), lambda message, done: said.append(message)) == content
    assert "Making the stars of the examples" not in said


@pytest.mark.parametrize("note", MARKED, ids=lambda note: note.name)
def test_note_finds_what_it_should(runs: Runs, note: Note) -> None:
    run = runs(note.name)
    assert not run.failure
    assert run.marked("version") == {"api": 1, "package": "tiny", "session": "tiny"}
    result = run.marked("result")
    assert result["passed"], result
    assert "WARN" not in run.text


def test_diagram_counts_and_draws(runs: Runs) -> None:
    run = runs("The colour-magnitude diagram")
    values = run.marked("result")["values"]
    assert values["good"] == values["main_sequence"] + values["giants"] + values["white_dwarfs"]
    assert len(run.pictures) == 1
    assert 'alt="Colour-magnitude diagram. ' in run.pictures[0]


def test_both_clusters_are_found_on_the_sky(runs: Runs) -> None:
    run = runs("Counting stars over the sky")
    assert "cluster 1: near ra 83" in run.text
    assert "cluster 2: near ra 205" in run.text
    assert run.tables[0].startswith("ra\tdec\tstars\texcess\n")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Count rows", "200,000 stars"),
        ("Read a file", "Synthetic stars near the Sun. None of them is real. (200,000 rows)"),
        ("Save a result", "stars within 50 pc, saved as "),
        ("See my package", "resources.package           tiny"),
    ],
)
def test_how_to_prints(runs: Runs, name: str, expected: str) -> None:
    run = runs(name)
    assert not run.failure
    assert expected in run.text


def test_query_counts_every_star(runs: Runs) -> None:
    run = runs("Basic SQL query")
    assert not run.failure
    header, *rows = [line.split("\t") for line in run.tables[0].strip().splitlines()]
    assert header == ["magnitude_from", "stars", "mean_parallax_mas"]
    assert sum(int(row[1]) for row in rows) == 200_000


def test_graph_is_a_picture_with_words(runs: Runs) -> None:
    run = runs("Plot a graph")
    assert not run.failure
    assert 'alt="Histogram: ' in run.pictures[0]


def test_larger_example_warns_in_a_tiny_session(zeppelin: httpx.Client) -> None:
    note = NOTES["Wide binaries over the whole sky"]
    header = zeppelin.get(f"api/notebook/{note.id}").json()["body"]["paragraphs"][1]
    answer = zeppelin.post(f"api/notebook/run/{note.id}/{header['id']}").json()["body"]
    lines = answer["msg"][0]["data"].strip().splitlines()
    assert lines[1:] == [
        "WARN - Not enough resources available",
        "This notebook requires a large package",
    ]
