"""Everybody comes in through every door once; no secret is in any log, event, header or file."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from aglais_hub.client import AccountsClient
from aglais_hub.client.base import sendable
from aglais_hub.models import Model
from aglais_hub.models.identities import LoginTokenRequest
from tests.support.accounts import ADDRESS, PASSWORD, accounts_world
from tests.support.doors import Doors, Visitor, doors_of
from tests.support.hub import HubDouble

pytestmark = pytest.mark.slow

WRONG, NEW = "quite another Password-4711", "kesselfang ottoman 8823 turbine"


@dataclass
class Journey:
    """What happened: secrets that were used, and headers of all answers."""

    doors: Doors
    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    told_onwards: list[str] = field(default_factory=list)
    """Addresses with a secret whose page would tell them to the next site."""

    async def note(self, answer: httpx.Response) -> None:
        """Keep what an answer says in its headers, besides the cookies of this very browser."""
        said = [
            f"{name}: {value}" for name, value in answer.headers.items() if name != "set-cookie"
        ]
        self.headers += said
        asked = str(answer.request.url)
        is_secret = any(secret in asked for secret in self.secrets.values())
        if is_secret and answer.headers.get("Referrer-Policy") != "no-referrer":
            self.told_onwards.append(asked)

    async def go(self) -> Journey:
        """Sign up, confirm, log in, forget the password, come by a token and as a guest."""
        self.secrets |= {"password": PASSWORD, "wrong password": WRONG, "new password": NEW}
        async with self._visitor() as visitor:
            await visitor.open("signup")
            await visitor.send("signup", name="alice", address=ADDRESS, password=PASSWORD)
            self.secrets["confirmation code"] = await self.doors.world.code_to(ADDRESS)
            await visitor.open(f"confirm/{self.secrets['confirmation code']}")
            await visitor.open(f"confirm/{self.secrets['confirmation code']}")
        async with self._visitor() as visitor:
            for password in (WRONG, PASSWORD):
                await visitor.open("login")
                await visitor.send("login/password", address=ADDRESS, password=password)
            assert await visitor.who() == "alice"
        async with self._visitor() as visitor:
            await self._reset(visitor)
        async with self._visitor() as visitor:
            await self._enter(visitor)
        async with self._visitor() as visitor:
            await visitor.open("login")
            await visitor.send("login/guest")
            assert (await visitor.who() or "").startswith("guest-")
        return self

    async def _reset(self, visitor: Visitor) -> None:
        await visitor.open("reset")
        await visitor.send("reset", address=ADDRESS)
        self.secrets["reset code"] = code = await self.doors.world.code_to(ADDRESS)
        await visitor.open(f"reset/{code}")
        await visitor.send(f"reset/{code}", password=NEW)
        await visitor.open(f"reset/{code}")

    async def _enter(self, visitor: Visitor) -> None:
        made = await self.doors.world.client.login_token("alice", LoginTokenRequest())
        self.secrets["login token"] = made.url.partition("code=")[2]
        assert self.secrets["login token"]
        for _ in range(2):
            await visitor.open(made.url.partition("/hub/")[2])

    @asynccontextmanager
    async def _visitor(self) -> AsyncIterator[Visitor]:
        async with self.doors.visitor() as visitor:
            visitor.http.event_hooks["response"].append(self.note)
            yield visitor

    def leaks(self, caplog: pytest.LogCaptureFixture) -> list[str]:
        """Return which secret is where."""
        formatter = logging.Formatter()
        records = (one for one in caplog.records if not one.name.startswith("http"))
        places = {"a log": "\n".join(formatter.format(record) for record in records)}
        places["a header"] = "\n".join(self.headers)
        places |= {
            file.name: file.read_bytes().decode("latin-1")
            for file in self.folder.rglob("*") if file.is_file()
        }  # fmt: skip
        found = [
            f"{name} in {place}"
            for name, secret in self.secrets.items()
            for place, text in places.items()
            if any(spelling in text for spelling in _spellings(secret))
        ]
        return found + [f"{address} in a Referer" for address in self.told_onwards]


def _spellings(secret: str) -> set[str]:
    return {secret, secret.replace(" ", "+"), secret.replace(" ", "%20")}


@pytest.fixture
async def journey(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journey]:
    """All doors, open; what is kept and written is in the test's folder.

    A fixture, as the Hub's start takes away the handlers that logs are caught with.
    """
    kind: type[AccountsClient] = getattr(request, "param", AccountsClient)
    KeepsItInAFile.folder = tmp_path
    double = HubDouble()
    server = double.start()
    url, journal = f"sqlite:///{tmp_path / 'accounts.db'}", tmp_path / "events.jsonl"
    async with accounts_world(url, double, journal=str(journal)) as world:
        held = world.client.http.headers["Authorization"].partition(" ")[2]
        client = kind(str(world.client.http.base_url), held)
        async with doors_of(tmp_path, client) as hub:
            yield Journey(Doors(hub, world), tmp_path)
        await client.close()
    server.stop()
    await server.close_all_connections()


async def test_no_secret_is_anywhere(journey: Journey, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await journey.go()
    assert journey.leaks(caplog) == []
    # It has looked at all of it: what is no secret is there.
    assert "/hub/confirm/[secret]" in caplog.text
    assert "account.created" in (journey.folder / "events.jsonl").read_text()
    assert any("/hub/spawn" in header for header in journey.headers)
    assert {"confirmation code", "reset code", "login token"} <= journey.secrets.keys()


class LogsWhatItSends(AccountsClient):
    """Would be found: it logs each request, secrets and all."""

    async def request(
        self, method: str, path: str, *, body: Model | Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        shown = sendable(body) if isinstance(body, Model) else body
        logging.getLogger("careless").debug("%s %s %s", method, path, shown)
        return await super().request(method, path, body=body, **more)


class KeepsItInAFile(AccountsClient):
    """Would be found: it writes codes beside the database."""

    folder: Path

    async def request(
        self, method: str, path: str, *, body: Model | Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        shown = sendable(body) if isinstance(body, Model) else body
        with (self.folder / "careless.txt").open("a") as file:
            file.write(f"{shown}\n")
        return await super().request(method, path, body=body, **more)


@pytest.mark.parametrize(
    ("journey", "place"),
    [(LogsWhatItSends, "a log"), (KeepsItInAFile, "careless.txt")],
    indirect=["journey"],
)
async def test_a_careless_client_would_be_found(
    journey: Journey, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    found = (await journey.go()).leaks(caplog)
    wanted = ("password", "wrong password", "new password", "confirmation code", "reset code")
    assert {f"{secret} in {place}" for secret in (*wanted, "login token")} <= set(found)


async def test_an_answer_that_tells_its_address_onwards_would_be_found(
    journey: Journey, caplog: pytest.LogCaptureFixture
) -> None:
    journey.secrets["code"] = "a-secret-code"
    request = httpx.Request("GET", "http://127.0.0.1/hub/confirm/a-secret-code")
    for policy in ({}, {"Referrer-Policy": "same-origin"}, {"Location": "/x?a-secret-code"}):
        await journey.note(httpx.Response(200, headers=policy, request=request))
    found = journey.leaks(caplog)
    assert sum(one.endswith("in a Referer") for one in found) == 3
    assert "code in a header" in found
