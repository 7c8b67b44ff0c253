"""Notes of a session: shipped ones that stay as they are, own ones within limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.plain_zeppelin import run
from tests.zeppelin.conftest import note_json
from tests.zeppelin.test_door import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    import websocket

    from tests.support.zeppelin_session import RunningSession

pytestmark = pytest.mark.zeppelin

EXAMPLE = "2EXAMPLE1"


class Socket:
    """Zeppelin's websocket as its web UI uses it."""

    def __init__(self, connection: websocket.WebSocket, ticket: dict[str, str]) -> None:
        self._connection = connection
        self._ticket = ticket

    def ask(self, op: str, *answers: str, **data: Any) -> dict[str, Any]:
        """Send a message; returns the first answer that is one of `answers`, or an error."""
        self._connection.send(json.dumps({"op": op, "data": data, **self._ticket}))
        while True:
            message: dict[str, Any] = json.loads(self._connection.recv())
            if message["op"] in {*answers, "ERROR_INFO", "AUTH_INFO"}:
                return message


@pytest.fixture
def socket(session: RunningSession, alice: httpx.Client) -> Iterator[Socket]:
    body = alice.get("api/security/ticket").json()["body"]
    connection = connect(session, alice)
    yield Socket(connection, body)
    connection.close()


@pytest.fixture(autouse=True)
def _empty_user_folder(alice: httpx.Client) -> None:
    """Also shows that a note from an earlier session is the account's own: it may be deleted."""
    for note in alice.get("api/notebook").json()["body"]:
        if note["path"].startswith(("/user/", "/~Trash/")):
            assert alice.delete(f"api/notebook/{note['id']}").status_code == 200


@pytest.fixture
def user_folder(session: RunningSession) -> Path:
    return session.place / "notebooks" / "user"


def paths(browser: httpx.Client) -> list[str]:
    return sorted(note["path"] for note in browser.get("api/notebook").json()["body"])


def files(folder: Path) -> list[str]:
    found = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    return sorted(str(path.parent / path.name.rpartition("_")[0]) for path in found)


SHIPPED = ["/examples/tiny/Count the stars", "/utils/Count rows"]


def test_shipped_notes_are_listed_and_tests_are_hidden(alice: httpx.Client) -> None:
    assert paths(alice) == SHIPPED


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("mine", "/user/mine"),
        ("/user/mine", "/user/mine"),
        ("/mine", "/user/mine"),
        ("deep/er/mine", "/user/deep/er/mine"),
        ("", "/user/Untitled Note"),
        ("Grüße ★", "/user/Grüße ★"),
    ],
)
def test_a_new_note_goes_to_the_users_folder(
    alice: httpx.Client, user_folder: Path, name: str, path: str
) -> None:
    assert alice.post("api/notebook", json={"name": name}).status_code == 200
    assert paths(alice) == sorted([*SHIPPED, path])
    assert files(user_folder) == [path.removeprefix("/user/")]


BAD_NAMES = [
    "../../etc/passwd",
    "/user/../../../etc/passwd",
    "/examples/mine",
    "/tests/mine",
    "a\\b",
    "a\nb",
    "/user/.hidden",
    "/user/.trash/x",
    "/".join("x" * 14),
    "x" * 300,
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused_and_leave_nothing(
    alice: httpx.Client, socket: Socket, session: RunningSession, name: str
) -> None:
    before = tree(session.place)
    refused = alice.post("api/notebook", json={"name": name})
    assert refused.status_code in {400, 403}
    assert refused.json()["message"]
    answer = socket.ask("NEW_NOTE", "NEW_NOTE", name=name)
    assert answer["op"] == "ERROR_INFO"
    assert paths(alice) == SHIPPED
    assert tree(session.place) == before


def tree(place: Path) -> list[str]:
    return sorted(str(path) for path in (place / "notebooks").rglob("*"))


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused_when_renaming(
    alice: httpx.Client, socket: Socket, name: str
) -> None:
    note = alice.post("api/notebook", json={"name": "mine"}).json()["body"]
    response = alice.put(f"api/notebook/{note}/rename", json={"name": name})
    assert response.status_code in {400, 403}
    answer = socket.ask("NOTE_RENAME", "NOTE", id=note, name=name, relative=False)
    assert answer["op"] == "ERROR_INFO"
    assert paths(alice) == [*SHIPPED[:1], "/user/mine", *SHIPPED[1:]]


def test_import_cannot_choose_another_place(alice: httpx.Client, user_folder: Path) -> None:
    evil = note_json("../../../tmp/evil")
    assert alice.post("api/notebook/import", json=evil).status_code == 400
    query = {"notePath": "/../../tmp/evil"}
    assert alice.post("api/notebook/import", params=query, json=note_json("x")).status_code == 400
    assert files(user_folder) == []


def test_import_replaces_no_note(alice: httpx.Client) -> None:
    note = {**note_json("Count the stars", "%md\nreplaced"), "id": EXAMPLE}
    query = {"notePath": "/examples/tiny/Count the stars"}
    new = alice.post("api/notebook/import", params=query, json=note).json()["body"]
    assert new != EXAMPLE
    assert "/user/Count the stars" in paths(alice)
    shipped = alice.get(f"api/notebook/{EXAMPLE}").json()["body"]
    assert shipped["paragraphs"][0]["text"] == "%md\nhello"


def test_a_shipped_note_runs_but_cannot_be_changed(
    alice: httpx.Client, session: RunningSession
) -> None:
    file = next((session.place / "notebooks" / "examples").rglob("*.zpln"))
    before = file.read_text()
    ran = alice.post(f"api/notebook/run/{EXAMPLE}/paragraph_1")
    assert ran.json()["body"]["code"] == "SUCCESS"
    edit = {"title": "", "text": "%md\nchanged"}
    assert alice.put(f"api/notebook/{EXAMPLE}/paragraph/paragraph_1", json=edit).status_code == 403
    assert alice.put(f"api/notebook/{EXAMPLE}/rename", json={"name": "mine"}).status_code == 403
    assert alice.delete(f"api/notebook/{EXAMPLE}").status_code == 403
    assert paths(alice) == SHIPPED
    assert file.read_text() == before


def test_a_copy_of_a_shipped_note_is_ones_own(alice: httpx.Client, socket: Socket) -> None:
    socket.ask("GET_NOTE", "NOTE", id=EXAMPLE)  # Zeppelin copies the note that is open
    answer = socket.ask("CLONE_NOTE", "NEW_NOTE", id=EXAMPLE, name=SHIPPED[0])
    copy = answer["data"]["note"]
    assert copy["path"] == "/user/Count the stars"
    edit = {"title": "", "text": "%md\nchanged"}
    paragraph = f"api/notebook/{copy['id']}/paragraph/{copy['paragraphs'][0]['id']}"
    assert alice.put(paragraph, json=edit).status_code == 200


@pytest.mark.parametrize("op", ["MOVE_FOLDER_TO_TRASH", "REMOVE_FOLDER"])
@pytest.mark.parametrize("folder", ["/examples", "/examples/tiny", "/user", "/../.."])
def test_folders_that_stay(
    alice: httpx.Client, socket: Socket, session: RunningSession, op: str, folder: str
) -> None:
    before = tree(session.place)
    assert socket.ask(op, "NOTES_INFO", id=folder)["op"] == "ERROR_INFO"
    assert socket.ask("LIST_NOTES", "NOTES_INFO")["op"] == "NOTES_INFO"
    assert paths(alice) == SHIPPED
    assert tree(session.place) == before


def test_trash_and_back(alice: httpx.Client, socket: Socket, user_folder: Path) -> None:
    note = alice.post("api/notebook", json={"name": "folder/mine"}).json()["body"]
    socket.ask("MOVE_NOTE_TO_TRASH", "NOTES_INFO", id=note)
    assert paths(alice)[-1].startswith("/~Trash/")
    assert [name for name in files(user_folder) if not name.startswith(".trash/")] == []
    socket.ask("RESTORE_NOTE", "NOTES_INFO", id=note)
    assert "/user/folder/mine" in paths(alice)
    assert files(user_folder) == ["folder/mine"]


def test_the_number_of_notes_is_limited(alice: httpx.Client, socket: Socket) -> None:
    for number in range(6):
        assert alice.post("api/notebook", json={"name": f"n{number}"}).status_code == 200
    refused = alice.post("api/notebook", json={"name": "n7"})
    assert refused.status_code == 403
    assert "You have 6 notes" in refused.json()["message"]
    assert "You have 6 notes" in socket.ask("NEW_NOTE", "NEW_NOTE", name="n7")["data"]["info"]
    assert alice.post(f"api/notebook/{EXAMPLE}", json={"name": "n7"}).status_code == 403
    assert alice.post("api/notebook/import", json=note_json("n7")).status_code == 403
    assert len(paths(alice)) == 6 + len(SHIPPED)


def test_the_size_of_a_note_is_limited(
    alice: httpx.Client, socket: Socket, user_folder: Path
) -> None:
    note = alice.post("api/notebook", json={"name": "big"}).json()["body"]
    body = {"title": "", "text": "%md\nx"}
    paragraph = alice.post(f"api/notebook/{note}/paragraph", json=body).json()["body"]
    answer = socket.ask(
        "COMMIT_PARAGRAPH",
        "PARAGRAPH",
        noteId=note,
        id=paragraph,
        title="",
        paragraph="%md\n" + "x" * 200_000,
        params={},
        config={},
    )
    assert answer["op"] == "ERROR_INFO"
    assert "notes may have 0.1 MiB" in answer["data"]["info"]
    assert next(user_folder.rglob("*.zpln")).stat().st_size < 100_000


def test_a_huge_body_is_refused(alice: httpx.Client) -> None:
    response = alice.post("api/notebook/import", json=note_json("big", "x" * (9 << 20)))
    assert response.status_code == 413
    assert alice.post("api/notebook", content=b"x" * (17 << 20)).status_code == 413


@pytest.mark.parametrize("op", ["GET_INTERPRETER_SETTINGS", "LIST_CONFIGURATIONS"])
def test_the_websocket_tells_no_settings(socket: Socket, op: str) -> None:
    answer = socket.ask(op, "INTERPRETER_SETTINGS", "CONFIGURATIONS_INFO")
    assert answer["op"] == "ERROR_INFO"
    assert answer["data"]["info"] == "Only an administrator may see this."


def test_garbage_on_the_websocket_is_answered(session: RunningSession, alice: httpx.Client) -> None:
    connection = connect(session, alice)
    for garbage in ("", "{", "[]", "null", '{"op": 5}', '{"op": "NEW_NOTE", "data": {"name": []}}'):
        connection.send(garbage)
    assert json.loads(connection.recv())["op"] == "ERROR_INFO"
    connection.close()
    assert alice.get("api/version").status_code == 200


def test_notes_are_not_run_by_the_clock(alice: httpx.Client) -> None:
    note = alice.post("api/notebook", json={"name": "mine"}).json()["body"]
    assert alice.post(f"api/notebook/cron/{note}", json={"cron": "* * * * * ?"}).status_code == 403


@pytest.mark.parametrize("group", ["spark", "python", "md"])
def test_a_paragraph_cannot_set_what_the_server_runs(alice: httpx.Client, group: str) -> None:
    note = alice.post("api/notebook", json={"name": "mine"}).json()["body"]
    code, output = run(alice, note, f"%{group}.conf\nSPARK_HOME /tmp/evil\nBASH_ENV /tmp/evil")
    assert code == "ERROR"
    assert "set by the platform" in output
