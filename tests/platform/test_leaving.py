"""Everything of a guest goes, however it leaves; nothing stays on the machine."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.support.guest import Guest, hidden_fields, until
from tests.support.platform import RunningPlatform, platform_in_its_own_folder


def traces(platform: RunningPlatform, name: str) -> dict[str, object]:
    """Return all that the platform still has of a guest."""
    token = platform.command("token", "operator", "--admin")
    with platform.hub_api(token) as hub:
        user = hub.get(f"users/{name}").status_code != 404
    found: dict[str, object] = {"user": user} if user else {}
    for service, plural, query in (
        ("accounts", f"accounts/{name}", {}),
        ("accounts", f"departures/{name}", {}),
        ("booking", "admissions", {"account": name}),
        ("storage", "spaces", {"account": name}),
    ):
        with platform.api(service, token) as api:
            answer = api.get(plural, params=query)
        if answer.status_code != 404 and answer.json():
            found[plural] = answer.json()
    if folders := [str(path) for path in platform.home.glob(f"sessions/{name}*")]:
        found["folders"] = folders
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if name in line]
    if mounts:
        found["mounts"] = mounts
    processes = [command for command in platform.processes().values() if name in command]
    if processes:
        found["processes"] = processes
    return found


def mounts(platform: RunningPlatform) -> set[str]:
    """Return what is mounted of a platform."""
    lines = Path("/proc/mounts").read_text().splitlines()
    return {line for line in lines if str(platform.home) in line}


def gone(platform: RunningPlatform, name: str, seconds: float = 60) -> None:
    """Wait until nothing of a guest is left."""
    until(lambda: not traces(platform, name), seconds, f"{name}: {traces(platform, name)}")


def test_logging_out_asks_first_and_then_erases_everything(platform: RunningPlatform) -> None:
    guest = Guest(platform).come_in()
    asked = guest.http.get("hub/logout")
    assert "Your notebooks and data will be deleted" in asked.text
    assert guest.enter().status_code == 200, "asking must not end anything"
    guest.leave()
    gone(platform, guest.name)


def test_a_session_that_crashes_takes_its_guest_along(platform: RunningPlatform) -> None:
    guest = Guest(platform).come_in()
    folder = next(platform.home.glob(f"sessions/{guest.name}*"))
    found = subprocess.run(
        ["pgrep", "-f", str(folder)], capture_output=True, text=True, check=True
    ).stdout.split()
    for process in found:
        os.kill(int(process), signal.SIGKILL)
    gone(platform, guest.name)


@pytest.mark.parametrize("bound", ["lifetime_seconds", "idle_seconds"])
def test_a_guest_whose_time_is_over_goes(platform: RunningPlatform, bound: str) -> None:
    token = platform.command("token", "operator", "--admin")
    with platform.api("accounts", token) as accounts:
        usual = accounts.get("levels/0").json()
        usual.pop("level")
        accounts.post("levels/0", json=usual | {bound: 20}).raise_for_status()
        try:
            guest = Guest(platform).come_in()
        finally:
            accounts.post("levels/0", json=usual).raise_for_status()
    gone(platform, guest.name, seconds=90)


@pytest.mark.slow
def test_twenty_guests_one_after_another_leave_nothing(platform: RunningPlatform) -> None:
    names, mounted = [], mounts(platform)
    for _ in range(20):
        guest = Guest(platform).come_in()
        guest.leave()
        names.append(guest.name)
    for name in names:
        gone(platform, name)
    assert mounts(platform) <= mounted


@pytest.mark.slow
def test_nothing_is_left_by_a_platform_that_was_killed() -> None:
    with platform_in_its_own_folder() as platform:
        guest = Guest(platform).come_in()
        for process in platform.processes():
            os.kill(process, signal.SIGKILL)
        platform.start()
        gone(platform, guest.name)


@pytest.mark.slow
def test_a_session_outlives_a_hub_that_crashes(platform: RunningPlatform) -> None:
    guest = Guest(platform).come_in()
    note = guest.new_note("/user/kept", "%md\nkept")
    os.kill(platform.child(r"-m jupyterhub"), signal.SIGKILL)
    assert guest.zeppelin("GET", f"notebook/{note}")["name"] == "kept", "while the Hub is away"
    until(platform.is_well, 60, "the Hub and its services are back")
    assert guest.zeppelin("GET", f"notebook/{note}")["name"] == "kept"
    guest.leave()
    gone(platform, guest.name)


def test_a_guest_takes_all_along_and_deletes_the_account(platform: RunningPlatform) -> None:
    """Through the proxy: the archive holds the note; then the typed name ends everything."""
    guest = Guest(platform).come_in()
    # A run saves the note; Zeppelin keeps the paragraphs of one just made in memory only.
    assert guest.run("%md\nkept elsewhere")[0] == "SUCCESS"
    page = guest.http.get(f"services/accounts/accounts/{guest.name}")
    assert "Download everything" in page.text
    archive = guest.http.get(f"services/accounts/accounts/{guest.name}/download")
    with tarfile.open(fileobj=io.BytesIO(archive.content), mode="r:gz") as opened:
        names = opened.getnames()
        texts = [opened.extractfile(one) for one in opened if one.isfile()]
        found = b"".join(text.read() for text in texts if text)
    assert names[-1] == "manifest.json"
    assert "spaces/temp" in names
    assert b"kept elsewhere" in found
    asked = guest.http.get(f"services/accounts/accounts/{guest.name}/leave")
    sent = guest.http.post(
        f"services/accounts/accounts/{guest.name}/leave",
        data=hidden_fields(asked.text) | {"name": guest.name},
    )
    assert "Good-bye" in sent.text
    gone(platform, guest.name)
