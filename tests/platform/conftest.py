"""One platform for all tests of this folder, and guests on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.guest import Guest
from tests.support.platform import RunningPlatform, platform_in_its_own_folder

HERE = Path(__file__).parent
LIGHT = {"test_refused_starts.py", "test_reference.py", "test_documents.py"}
"""What starts no platform."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these by the heavy part that they start."""
    for item in items:
        if HERE in item.path.parents and item.path.name not in LIGHT:
            item.add_marker(pytest.mark.platform)


@pytest.fixture(scope="session")
def platform() -> Iterator[RunningPlatform]:
    """A platform that lets many guests in."""
    settings = {
        "AGLAIS_ACCOUNTS_GUESTS_PER_MINUTE": "1000",
        "AGLAIS_BOOKING_EMBEDDED_CORES": "8",
    }
    with platform_in_its_own_folder(**settings) as running:
        yield running


@pytest.fixture(scope="module")
def guest(platform: RunningPlatform) -> Iterator[Guest]:
    """A guest in a session, for one module's tests."""
    guest = Guest(platform).come_in()
    yield guest
    guest.leave()
