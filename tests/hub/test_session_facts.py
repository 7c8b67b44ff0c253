"""What the Hub's home page says of a session: until when it lasts."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace

from aglais_hub.client.mock import MockPlatform
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import AdmissionRequest
from aglais_hub.platform.sessions import SessionFacts

ALICE = SimpleNamespace(name="alice")


def facts(mock: MockPlatform) -> SessionFacts:
    # The Hub copies all of its configuration before anything is asked.
    found = deepcopy(SessionFacts("http://platform.test/services/booking/api/", "token"))
    found.__dict__["booking"] = mock.clients.booking
    return found


async def test_the_usual_session_of_the_user_is_told_of() -> None:
    mock = MockPlatform()
    session_of = facts(mock)
    assert await session_of(ALICE) is None
    for account, server in (("bob", ""), ("alice", "other"), ("alice", "")):
        request = AdmissionRequest(account=account, level=Level.BASIC, server=server)
        await mock.clients.booking.admit(request)
    found = await session_of(ALICE)
    assert found is not None
    assert (found.account, found.server) == ("alice", "")


async def test_a_booking_service_that_is_away_keeps_no_page() -> None:
    mock = MockPlatform()
    mock.cut("booking")
    assert await facts(mock)(ALICE) is None
