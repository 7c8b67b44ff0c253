"""A booking begins on a running platform: a session on spare capacity makes room for its own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.guest import Guest, until
from tests.support.platform import RunningPlatform, platform_in_its_own_folder

SMALL_AND_QUICK = {
    # 4.5 cores are promised: a guest's 2 are more than the kept part, and beside them the 3 of a
    # small one have no place.
    "AGLAIS_BOOKING_EMBEDDED_CORES": "1.125",
    "AGLAIS_BOOKING_SPARE_NOTICE_SECONDS": "5",
    "AGLAIS_BOOKING_WARNING_SECONDS": "30",
    "AGLAIS_BOOKING_GRACE_SECONDS": "2",
}
LASTS = timedelta(seconds=60)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def busy() -> Iterator[RunningPlatform]:
    """A platform with place for a guest, or for a booking of package small."""
    with platform_in_its_own_folder(**SMALL_AND_QUICK) as running:
        yield running


def test_a_spare_session_makes_room_and_the_booked_one_ends_with_its_booking(
    busy: RunningPlatform,
) -> None:
    token = busy.command("token", "operator", "--admin")
    guest = Guest(busy).come_in()
    told = " ".join(step["message"] for step in guest.steps if "message" in step)
    assert "It is on spare capacity" in told
    with (
        busy.api("booking", token) as booking,
        busy.api("accounts", token) as accounts,
        busy.hub_api(token) as hub,
    ):
        accounts.post("accounts", json={"name": "alice", "level": 1}).raise_for_status()
        hub.post("users/alice").raise_for_status()
        booked = book(booking, datetime.now(UTC) + timedelta(seconds=10))
        starts, ends = (datetime.fromisoformat(booked[key]) for key in ("starts_at", "ends_at"))
        early = hub.post("users/alice/server", json={"booking": booked["id"]})
        assert (early.status_code, "Please start it then" in early.text) == (409, True)
        wait_until(starts - timedelta(seconds=3))
        assert "a booking needs its place" in guest.http.get("hub/home").text
        until(lambda: events(busy, "booking.started"), 15, "the booking begins")
        assert began_in_time(busy, "booking.started", starts)
        until(lambda: not sessions(booking, guest.name), 30, "the guest's session is gone")
        until(lambda: start(hub, booked["id"]), 30, "the booked session starts")
        (admission,) = sessions(booking, "alice")
        assert admission["booking"] == booked["id"]
        assert datetime.fromisoformat(admission["until"]) == ends
        until(lambda: is_ready(hub), 60, "the booked session is there")
        assert datetime.now(UTC) < ends, "this machine was too slow for a booking so short"
        wait_until(ends)
        until(lambda: events(busy, "booking.ended"), 5, "the booking ends")
        assert began_in_time(busy, "booking.ended", ends)
        until(lambda: not sessions(booking, "alice"), 40, "its session is gone")
        until(lambda: not hub.get("users/alice").json()["servers"], 10, "its server is gone")
        history = booking.get(f"bookings/{booked['id']}/changes").json()
        state = booking.get(f"bookings/{booked['id']}").json()["state"]
    assert [one["what"] for one in reversed(history)] == ["made", "started", "ended"]
    assert state == "ended"
    warned = [event["account"] for event in events(busy, "session.warned")]
    assert warned == [guest.name, "alice"]


def book(booking: httpx.Client, starts: datetime) -> dict[str, Any]:
    starts = starts.replace(microsecond=0, tzinfo=None)
    times = {"start": starts.isoformat(), "end": (starts + LASTS).isoformat()}
    asked = {"name": "Sky", "package": "small", "account": "alice", **times}
    answer = booking.post("bookings", json=asked)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def start(hub: httpx.Client, booking: str) -> bool:
    """Ask for the session, as a person does who is told to try again; tell whether it starts."""
    answer = hub.post("users/alice/server", json={"booking": booking})
    if answer.status_code in {201, 202}:
        return True
    time.sleep(0.5)
    return False


def is_ready(hub: httpx.Client) -> bool:
    servers = hub.get("users/alice").json()["servers"]
    return bool(servers) and servers[""]["ready"]


def sessions(booking: httpx.Client, account: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = booking.get("admissions", params={"account": account}).json()
    return found


def events(platform: RunningPlatform, name: str) -> list[dict[str, Any]]:
    lines = (platform.home / "events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == name]


def began_in_time(platform: RunningPlatform, event: str, moment: datetime) -> bool:
    """Tell whether something happened once, and within five seconds of its time."""
    (once,) = events(platform, event)
    late = datetime.fromisoformat(once["time"]) - moment
    return timedelta() <= late < timedelta(seconds=5)


def wait_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))
