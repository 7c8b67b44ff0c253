"""Codes and passwords stand in no log, whatever happens to the request that brings them."""

from __future__ import annotations

import logging

import pytest

from aglais_authenticators.handlers import base
from tests.support.accounts import ADDRESS, PASSWORD
from tests.support.doors import Doors, Visitor

pytestmark = pytest.mark.slow

CODE = "a-code-that-nobody-may-read"
PATHS = (
    f"address/{CODE}",
    f"confirm/{CODE}",
    f"confirm/{CODE}/more",
    f"reset/{CODE}",
    f"enter?code={CODE}",
    f"enter?next=/&Code={CODE}&x={CODE}",
    f"login?next=/hub/confirm/{CODE}",
)
METHODS = ("GET", "HEAD", "POST", "PROPFIND")


class BrokenAccounts:
    """An accounts service's client with a fault of its own."""

    def __getattr__(self, name: str) -> object:
        message = f"nobody has thought of {name}"
        raise RuntimeError(message)


async def knock_everywhere(visitor: Visitor) -> list[int]:
    """Come with a code in all ways; return the statuses of the answers."""
    return [
        (await visitor.http.request(method, path)).status_code
        for path in PATHS
        for method in METHODS
    ]


async def test_a_code_is_in_no_log(
    doors: Doors, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await knock_everywhere(visitor)
    doors.hub.app.authenticator._accounts = BrokenAccounts()
    assert 500 in await knock_everywhere(visitor)
    assert "RuntimeError" in caplog.text
    assert "/hub/confirm/[secret]" in caplog.text
    assert CODE not in platform_log(caplog)


def platform_log(caplog: pytest.LogCaptureFixture) -> str:
    """Return what was logged, without what the test's own HTTP client says."""
    formatter = logging.Formatter()
    records = (one for one in caplog.records if not one.name.startswith("http"))
    return "\n".join(formatter.format(record) for record in records)


async def test_without_hiding_the_code_would_be_found(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(base, "_hide_secrets", lambda *_: None)
    await knock_everywhere(visitor)
    assert CODE in platform_log(caplog)


async def test_a_password_is_in_no_log(
    doors: Doors, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await visitor.open("signup")
    await visitor.send("signup", name="alice", address=ADDRESS, password=PASSWORD)
    await visitor.open(f"confirm/{await doors.world.code_to(ADDRESS)}")
    doors.hub.app.authenticator._accounts = BrokenAccounts()
    await visitor.http.get("login")
    sent = {"_xsrf": visitor.http.cookies["_xsrf"], "address": ADDRESS, "password": PASSWORD}
    assert (await visitor.http.post("login/password", data=sent)).status_code == 500
    assert PASSWORD not in caplog.text
    assert PASSWORD.replace(" ", "+") not in caplog.text
