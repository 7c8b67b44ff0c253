"""What a person is shown when the platform says no: why, what to do next, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.support.guest import Guest, until
from tests.support.platform import RunningPlatform, platform_in_its_own_folder

TINY_POOL = {
    "AGLAIS_BOOKING_EMBEDDED_CORES": "0.1",
    "AGLAIS_ACCOUNTS_GUEST_LIMIT": "1",
}


@pytest.fixture(scope="module")
def full() -> Iterator[RunningPlatform]:
    """A platform with place for one guest, and for no session at all."""
    with platform_in_its_own_folder(**TINY_POOL) as running:
        yield running


@pytest.fixture(scope="module")
def refused(full: RunningPlatform) -> Iterator[Guest]:
    """The one guest, whose session was not started."""
    guest = Guest(full)
    answer = guest.click()
    found = re.search(r"guest-[0-9a-f]+", answer.text + str(answer.url))
    assert found, answer.text
    guest.name = found[0]
    yield guest
    guest.leave()


def test_a_package_that_does_not_fit_is_refused_in_bookings_words(refused: Guest) -> None:
    page = refused.http.get("hub/spawn")
    assert page.status_code == 409
    assert "Your session was not started" in page.text
    assert "Package tiny needs 2 cores" in page.text
    for way_on in ("/hub/spawn", "/services/booking/pools", "/hub/home"):
        assert f'href="{way_on}"' in page.text


def test_the_reason_is_still_said_to_who_comes_back(refused: Guest) -> None:
    def again() -> httpx.Response:
        return refused.http.get(f"hub/spawn-pending/{refused.name}")

    refused.http.get("hub/spawn")
    until(lambda: again().status_code == 409, 10, "the start has failed")
    assert "Package tiny needs 2 cores" in again().text


def test_a_guest_too_many_is_told_when_to_come_back(full: RunningPlatform, refused: Guest) -> None:
    answer = Guest(full).click()
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "All places for guests are taken" in answer.text
    assert answer.headers["Retry-After"] in answer.text
    assert 'href="/hub/login"' in answer.text


def test_a_form_without_its_token_is_refused_readably(full: RunningPlatform) -> None:
    with httpx.Client(base_url=full.url) as stranger:
        answer = stranger.post("hub/login/guest", data={"click": "x"})
    assert answer.status_code == 403
    assert "Please try that again" in answer.text
    assert 'href="/hub/login"' in answer.text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("hub/error/404", "There is nothing here"),
        ("hub/error/503", "No answer just now"),
        ("hub/nothing", "There is nothing here"),
        ("services/booking/nothing", "There is no page at /services/booking/nothing"),
    ],
)
def test_pages_of_errors_say_what_is_wrong_and_lead_back(
    refused: Guest, path: str, said: str
) -> None:
    page = refused.http.get(path)
    assert said in page.text
    assert 'href="/hub/home"' in page.text
    assert "<title>JupyterHub" not in page.text
