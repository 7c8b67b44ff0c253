"""Two guests on one machine: neither sees anything of the other, nor of the platform."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.guest import Guest
from tests.support.platform import RunningPlatform

CANARY = "canary-5e1f0c"


@pytest.fixture(scope="module")
def other(platform: RunningPlatform, guest: Guest) -> Iterator[Guest]:
    """A second guest, in a second browser."""
    other = Guest(platform).come_in()
    other.run(f"%python\nopen('/data/temp/{CANARY}', 'w').write('{CANARY}')")
    other.new_note(f"/user/{CANARY}", f"%md\n{CANARY}")
    yield other
    other.leave()


def shell(guest: Guest, command: str) -> str:
    """Run a command as the notebook's code does."""
    code = f"import subprocess; print(subprocess.getoutput({command!r}))"
    status, said = guest.run(f"%python\n{code}")
    assert status == "SUCCESS", said
    return said


def test_notes_are_not_listed_for_another(guest: Guest, other: Guest) -> None:
    assert CANARY in str(other.zeppelin("GET", "notebook"))
    assert CANARY not in str(guest.zeppelin("GET", "notebook"))


def test_files_are_out_of_reach(guest: Guest, other: Guest) -> None:
    assert CANARY in shell(other, "ls /data/temp")
    assert CANARY not in shell(guest, f"find / -name '*{CANARY}*' 2>/dev/null")
    assert "No such file" in shell(guest, f"ls {guest.platform.home}")


def test_processes_are_out_of_sight(guest: Guest, other: Guest) -> None:
    seen = shell(guest, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert other.name not in seen
    assert "jupyterhub" not in seen


def test_no_secret_of_the_server_can_be_read(guest: Guest) -> None:
    hunted = shell(
        guest,
        "cat /proc/[0-9]*/environ /run/session/* /run/session/*/* /run/aglais/* 2>/dev/null"
        " | tr '\\0' '\\n' | grep -aiE 'client_secret|api_token|JUPYTERHUB_API' ; id -u",
    )
    uid = hunted.strip()
    assert uid.isdigit(), hunted
    assert int(uid) >= 1_000_000


def test_there_is_no_network_but_ones_own_loopback(guest: Guest, platform: RunningPlatform) -> None:
    probe = (
        "import socket\n"
        f"for host, port in (('192.0.2.1', 80), ('127.0.0.1', {platform.port})):\n"
        "    try: socket.create_connection((host, port), 2); print('open', host, port)\n"
        "    except OSError: print('closed')"
    )
    assert guest.run(f"%python\n{probe}")[1].split() == ["closed", "closed"]


def test_anothers_session_stays_shut(guest: Guest, other: Guest) -> None:
    page = guest.http.get(f"user/{other.name}/")
    assert page.status_code in {403, 404}
    api = guest.http.get(f"user/{other.name}/api/notebook")
    assert api.status_code in {401, 403}
    assert CANARY not in page.text + api.text


def test_a_stranger_is_sent_to_the_login(guest: Guest, platform: RunningPlatform) -> None:
    with httpx.Client(base_url=platform.url) as stranger:
        page = stranger.get(f"user/{guest.name}/")
        api = stranger.get(f"user/{guest.name}/api/notebook")
        upgrade = {
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }  # fmt: skip
        websocket = stranger.get(f"user/{guest.name}/ws", headers=upgrade)
    assert page.status_code == 302
    assert "/hub/api/oauth2/authorize" in page.headers["Location"]
    assert api.status_code == 401
    assert websocket.status_code == 401


@pytest.mark.parametrize("name", ["../../etc/passwd", "/user/../../../etc/x", "/examples/mine"])
def test_a_notebook_cannot_be_written_outside_its_folder(guest: Guest, name: str) -> None:
    before = str(guest.zeppelin("GET", "notebook"))
    answer = guest.http.post(f"user/{guest.name}/api/notebook", json={"name": name})
    assert answer.status_code >= 400, answer.text
    assert "Exception" not in answer.text
    assert str(guest.zeppelin("GET", "notebook")) == before
