"""What the Hub's home page says of a session: until when it lasts."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest

from aglais_hub import hub as platform_hub
from aglais_hub.client.mock import MockPlatform
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import AdmissionRequest
from aglais_hub.platform.sessions import SessionFacts
from tests.support.embedded_hub import SaysItRuns, embedded_hub

ALICE = SimpleNamespace(name="alice")


def facts(mock: MockPlatform) -> SessionFacts:
    # The Hub copies all of its configuration before anything is asked.
    found = deepcopy(SessionFacts("http://platform.test/services/booking/api/", "token"))
    found.__dict__["booking"] = mock.clients.booking
    return found


async def test_the_usual_session_of_the_user_is_told_of() -> None:
    mock = MockPlatform()
    session_of = facts(mock)
    assert await session_of(ALICE)() is None
    for account, server in (("bob", ""), ("alice", "other"), ("alice", "")):
        request = AdmissionRequest(account=account, level=Level.BASIC, server=server)
        await mock.clients.booking.admit(request)
    found = await session_of(ALICE)()
    assert found is not None
    assert (found.account, found.server) == ("alice", "")


async def test_a_booking_service_that_is_away_keeps_no_page() -> None:
    mock = MockPlatform()
    mock.cut("booking")
    assert await facts(mock)(ALICE)() is None


NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}


async def home_of(folder: Path, mock: MockPlatform) -> str:
    """Return the home page of alice, whose session runs."""
    settings = {
        "authenticator_class": "dummy",
        "template_paths": [str(Path(platform_hub.__file__).parent / "hub_templates")],
        "template_vars": platform_hub.template_vars(may_register=True),
    }
    async with embedded_hub(folder, JupyterHub=settings, DummyAuthenticator=ANYBODY) as hub:
        hub.app.tornado_settings["template_vars"]["session_of"] = facts(mock)
        async with hub.browser() as http:
            http.headers.update(NAVIGATION)
            await http.get("login")
            typed = {"username": "alice", "password": "x", "_xsrf": http.cookies["_xsrf"]}
            await http.post("login", data=typed)
            page = await http.get("home")
    assert page.status_code == 200, page.text
    return page.text


ANYBODY = {"allow_all": True}


async def test_the_home_page_says_when_a_session_ends_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SaysItRuns, "active", True)
    mock = MockPlatform()
    request = AdmissionRequest(account="alice", level=Level.BASIC)
    admission = await mock.clients.booking.admit(request)
    calm = await home_of(tmp_path, mock)
    update = {"until": admission.admitted_at, "warned_at": admission.admitted_at}
    mock.booking.admitted[admission.id] = admission.model_copy(
        update=update | {"is_interruptible": True}
    )
    warned = await home_of(tmp_path, mock)
    assert "Your session is running" in calm
    assert "It ends on" not in calm
    assert ": a booking needs its place" in " ".join(warned.split())
