"""What tests of bookings share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import time_machine

from aglais_hub.client.mock import MockPlatform
from tests.booking.world import NOW, booking_of, people
from tests.support.hub import HubDouble
from tests.support.services import RunningService


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """It is the same moment, until a test moves it."""
    with time_machine.travel(NOW, tick=False) as moment:
        yield moment


@pytest.fixture
async def accounts() -> MockPlatform:
    """The accounts service."""
    return await people()


@pytest.fixture
async def desk(
    database_url: str, hub: HubDouble, accounts: MockPlatform, clock: time_machine.Coordinates
) -> AsyncIterator[RunningService]:
    """Booking, at one moment."""
    async with booking_of(database_url, hub, accounts) as booking:
        yield booking
