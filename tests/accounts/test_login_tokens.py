"""Login tokens: once, for a minute, for one purpose, and never to another host."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import time_machine
from sqlalchemy import create_engine, inspect, make_url, text

from aglais_accounts.managers.codes import CodeUnusableError
from aglais_accounts.managers.tokens import TokenManager
from aglais_accounts.vault import digest
from aglais_hub.errors import Conflict, Forbidden, NotFound
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.identities import (
    AddressChangeRequest,
    ConfirmationRequest,
    LoginTokenRedemption,
    LoginTokenRequest,
    PasswordReset,
    Registration,
    TokenLogin,
)
from tests.accounts.doors import HERE, Doors, doors_of
from tests.support.hub import HubDouble

WRITE = scope("write", "login-tokens")
RACERS = [100, pytest.param(1000, marks=pytest.mark.slow)]


@pytest.fixture
async def doors(database_url: str, hub: HubDouble) -> AsyncIterator[Doors]:
    async with doors_of(database_url, hub, public_url="https://platform.example/") as doors:
        await doors.member("alice")
        yield doors


@pytest.fixture
async def replicas(
    doors: Doors, database_url: str, hub: HubDouble
) -> AsyncIterator[tuple[Doors, Doors]]:
    """Two processes of the service, as far as the database is concerned."""
    async with doors_of(database_url, hub) as other:
        yield doors, other


async def ask(doors: Doors, name: str = "alice", **more: Any) -> str:
    """Return the token of a new URL."""
    made = await doors.hub.login_token(name, LoginTokenRequest(**more))
    return parse_qs(urlsplit(made.url).query)["code"][0]


def coming(token: str, **more: Any) -> LoginTokenRedemption:
    return LoginTokenRedemption.model_validate({"token": token, "came_from": HERE} | more)


async def race(replicas: tuple[Doors, Doors], token: str, racers: int) -> Counter[Any]:
    """Let many come with one token at once, to both replicas; return what they were told."""
    hub = replicas[0].running.hub.token("hub", scope("write", "signups"), kind="service")
    headers = {"Authorization": f"token {hub}"}
    # As many at once as the sockets of the test's servers queue; the others wait here.
    connector = aiohttp.TCPConnector(limit=200)

    async def come(number: int) -> tuple[int, str | None]:
        url = f"{replicas[number % 2].running.url}api/login-tokens/redeem"
        place = f"198.51.{number // 250}.{number % 250}"
        sent = client.post(url, json={"token": token, "came_from": place})
        async with sent as answer:
            return answer.status, (await answer.json()).get("code")

    async with aiohttp.ClientSession(headers=headers, connector=connector) as client:
        return Counter(await asyncio.gather(*(come(number) for number in range(racers))))


def one_won(told: Counter[Any], racers: int) -> bool:
    return told == {(200, None): 1, (404, "code-unusable"): racers - 1}


@pytest.mark.parametrize("racers", RACERS)
async def test_of_many_who_come_with_one_token_exactly_one_is_logged_in(
    replicas: tuple[Doors, Doors], racers: int
) -> None:
    for _ in range(3 if racers < 1000 else 1):
        token = await ask(replicas[0])
        assert one_won(await race(replicas, token, racers), racers)
    used = [name for doors in replicas for name, _ in doors.events if name == "login-token.used"]
    assert len(used) == (3 if racers < 1000 else 1)


class ReadsThenDeletes(TokenManager):
    """What a service must not do: look first, and delete what was seen."""

    async def redeem(self, actor: Actor, request: LoginTokenRedemption) -> TokenLogin:
        kept = digest(request.token.get_secret_value())
        async with self.reading() as stores:
            found = await stores.codes.find(kept, "token-login", utcnow())
        if found is None or found.account is None:
            raise CodeUnusableError
        async with self.writing() as stores:
            await stores.codes.forget(found.account)
            account = await self._account(stores, found.account)
        return TokenLogin(account=account, next=None)


async def test_the_race_catches_a_service_that_reads_and_then_deletes(
    replicas: tuple[Doors, Doors],
) -> None:
    for doors in replicas:
        doors.manager.tokens = ReadsThenDeletes(doors.manager.context)
    told = await race(replicas, await ask(replicas[0]), 100)
    assert not one_won(told, 100)
    assert told[200, None] > 1


async def test_the_url_logs_in_with_a_code_and_keeps_where_to_go_to_itself(doors: Doors) -> None:
    request = LoginTokenRequest(next="/user/alice/?notebook=1")
    made = await doors.hub.login_token("alice", request)
    assert made.url.startswith("https://platform.example/hub/enter?code=")
    assert "notebook" not in made.url
    assert timedelta(seconds=55) < made.expires_at - utcnow() <= timedelta(seconds=60)
    token = parse_qs(urlsplit(made.url).query)["code"][0]
    assert len(token) == 43, "32 bytes"
    came = await doors.hub.redeem(coming(token))
    assert (came.account.name, came.next) == ("alice", "/user/alice/?notebook=1")


@pytest.mark.parametrize(("seconds", "works"), [(58, True), (61, False)])
async def test_a_token_is_good_for_a_minute(doors: Doors, seconds: int, works: bool) -> None:
    token = await ask(doors)
    with time_machine.travel(utcnow() + timedelta(seconds=seconds)):
        if works:
            assert (await doors.hub.redeem(coming(token))).account.name == "alice"
        else:
            with pytest.raises(NotFound) as refused:
                await doors.hub.redeem(coming(token))
            assert refused.value.code == "code-unusable"


async def test_used_unknown_and_expired_are_told_the_same(doors: Doors) -> None:
    used, old = await ask(doors), await ask(doors)
    await doors.hub.redeem(coming(used))
    told = set()
    with time_machine.travel(utcnow() + timedelta(seconds=61)):
        for token in (used, old, "nothing", "é\x01"):
            with pytest.raises(NotFound) as refused:
                await doors.hub.redeem(coming(token))
            told.add((refused.value.code, refused.value.message))
    assert len(told) == 1


async def test_a_token_is_for_its_purpose_only(doors: Doors) -> None:
    token = await ask(doors, purpose="upload")
    for purpose in ("login", "upload-2"):
        with pytest.raises(NotFound):
            await doors.hub.redeem(coming(token, purpose=purpose))
    assert (await doors.hub.redeem(coming(token, purpose="upload"))).account.name == "alice"
    made = await doors.hub.login_token("alice", LoginTokenRequest(purpose="upload"))
    assert parse_qs(urlsplit(made.url).query)["purpose"] == ["upload"]


async def test_no_other_code_logs_in_and_a_token_is_no_other_code(doors: Doors) -> None:
    token, visit = await ask(doors), await doors.come("new")
    await doors.hub.change_address("alice", AddressChangeRequest(address="al@example.org"))
    (mailed,) = await doors.codes("al@example.org")
    for code in (str(visit.code), mailed):
        for purpose in ("login", "register", "take-address", "reset"):
            with pytest.raises(NotFound):
                await doors.hub.redeem(coming(code, purpose=purpose))
    given: dict[str, Any] = {"code": token, "came_from": HERE}
    with pytest.raises(NotFound):
        await doors.hub.register(Registration(**given))
    with pytest.raises(NotFound):
        await doors.hub.confirm(ConfirmationRequest(**given))
    with pytest.raises(NotFound):
        await doors.hub.reset_password(PasswordReset(password="long enough to pass 8", **given))  # type: ignore[arg-type]
    assert (await doors.hub.redeem(coming(token))).account.name == "alice"


OTHER_HOSTS = [
    "//evil.example", "///evil.example", r"/\evil.example", r"\\evil.example", r"/x\..\\evil",
    "https://evil.example", "https:evil.example", "javascript:alert(1)", "evil.example", "",
    "/%2fevil.example", "/%2Fevil.example", "/%5cevil.example", "/%252fevil.example",
    "/%25252fevil.example", "/.//evil.example", "/a/..//evil.example", "/%2e/%2fevil.example",
    "/\tevil", "/\n/evil.example", "/x\r\nSet-Cookie: a=b", "/x%0d%0aSet-Cookie:a", "/%09/evil",
    "/ /evil.example", "/\x00", "/%00", "/x\x7f", "/\u2028/evil", "/x%c2%85y", "/" + "x" * 500,
]  # fmt: skip


@pytest.mark.parametrize("path", OTHER_HOSTS)
async def test_nobody_is_sent_to_another_host(doors: Doors, path: str) -> None:
    async with doors.running.program(WRITE) as api:
        answer = await api.post("accounts/alice/login-tokens", json={"next": path})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")


@pytest.mark.parametrize(
    "path",
    ["/", "/hub/home", "/user/alice/#/notebook/2J", "/hub/spawn?next=%2Fuser%2Falice%2F&x=a%20b",
     "/services/booking/?from=https%3A%2F%2Fx.example%2F", "/user/zoë/a%20b"],
)  # fmt: skip
async def test_places_on_the_platform_are_kept(doors: Doors, path: str) -> None:
    assert (await doors.hub.redeem(coming(await ask(doors, next=path)))).next == path


@pytest.mark.parametrize(
    ("kind", "scopes", "status"),
    [
        ("service", (WRITE,), 201),
        ("user", (WRITE,), 201),
        ("user", (f"{WRITE}!user=alice",), 403),
        ("user", (f"{WRITE}!user=bob",), 403),
        ("service", (scope("write", "signups"), scope("write", "accounts")), 403),
        ("user", (), 403),
    ],
)
async def test_who_may_log_others_in(
    doors: Doors, kind: str, scopes: tuple[str, ...], status: int
) -> None:
    token = doors.running.hub.token("somebody", *scopes, kind=kind)
    async with doors.running.api(token) as api:
        answer = await api.post("accounts/alice/login-tokens", json={})
    assert answer.status_code == status


async def test_everybody_who_is_there_can_be_logged_in(doors: Doors) -> None:
    guest = (await doors.hub.open_guest(HERE)).name
    assert (await doors.hub.redeem(coming(await ask(doors, guest)))).account.name == guest
    with pytest.raises(NotFound):
        await ask(doors, "nobody")
    early = await ask(doors)
    await doors.hub.leave("alice", "bored")
    with pytest.raises(Conflict) as refused:
        await ask(doors)
    assert refused.value.code == "account-leaving"
    with pytest.raises(Conflict):
        await doors.hub.redeem(coming(early))
    with pytest.raises(Forbidden):
        await doors.manager.tokens.redeem(Actor("mallory", "user"), coming(early))


async def test_guesses_are_slowed_by_network_address(doors: Doors) -> None:
    token = await ask(doors)
    async with doors.running.program(scope("write", "signups")) as api:
        answers = [
            await api.post(
                "login-tokens/redeem", json={"token": f"no-{n}", "came_from": "192.0.2.7"}
            )
            for n in range(32)
        ]
        right = {"token": token, "came_from": "192.0.2.7"}
        even_right = await api.post("login-tokens/redeem", json=right)
        elsewhere = await api.post("login-tokens/redeem", json=right | {"came_from": "192.0.2.8"})
    assert [one.status_code for one in answers] == [404] * 30 + [429] * 2
    assert (even_right.status_code, elsewhere.status_code) == (429, 200)


async def test_no_secret_is_written_down(
    doors: Doors, database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    visit = await doors.come("9", address="al@example.org", wished_name="bob")
    await doors.hub.change_address("alice", AddressChangeRequest(address="new@example.org"))
    secrets = [await ask(doors), await ask(doors), str(visit.code)]
    secrets += await doors.codes("new@example.org")
    async with doors.running.program(WRITE) as api:
        key = {"Idempotency-Key": "again"}
        refused = await api.post("accounts/alice/login-tokens", json={}, headers=key)
    await doors.hub.redeem(coming(secrets[0]))
    written = written_in(database_url) + caplog.text + repr(doors.events)
    written += read_all(tmp_path)
    assert refused.status_code == 400
    assert digest(secrets[1]) in written, "this is where it is looked for"
    for secret in secrets:
        assert secret not in written


def written_in(database_url: str) -> str:
    url = make_url(database_url)
    driver = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(url.set(drivername=driver))
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        found = [
            repr(connection.execute(text(f'SELECT * FROM "{table}"')).all())  # noqa: S608
            for table in tables
        ]
    engine.dispose()
    return "\n".join(found)


def read_all(folder: Path) -> str:
    """Return every byte of the files of a folder: a database on SQLite, and its log."""
    files = (file for file in folder.iterdir() if file.is_file())
    return "".join(file.read_bytes().decode("latin-1") for file in files)
