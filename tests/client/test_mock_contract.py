"""The mock answers what the real services and the real Hub answer, to every method."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

import aglais_accounts
import aglais_booking
import aglais_storage
from aglais_hub.client import ServiceClient, ServiceClients
from aglais_hub.client.mock import MockPlatform
from aglais_hub.errors import AglaisError
from aglais_hub.models import Model
from aglais_hub.models.accounts import AccountRequest
from aglais_hub.models.keys import KeySite
from tests.client.cases import CASES, Case
from tests.client.key_cases import PUBLISHED
from tests.support.accounts import mails_of
from tests.support.embedded_hub import embedded_hub
from tests.support.hub import HubDouble
from tests.support.key_site import key_site
from tests.support.services import running

GIB = 2**30
GUESTS = {"guest_limit": 4, "guests_per_minute": 3}
MACHINE = {"cores": 2, "memory_bytes": 8 * GIB, "overcommit": 4}
HUB_SCOPES = ("admin:users", "admin:servers", "delete:servers", "tokens", "groups")
PAGE = 2
"""Users in one answer of the Hub."""

ANY_VALUE = {
    "id", "path", "owner_uid", "enforcement", "created_at", "expires_at", "requested_at",
    "admitted_at", "created", "last_activity", "unknown", "leaves_at", "last_seen_at", "at",
}  # fmt: skip
ANY_MOMENT = {"decided_at", "last_used_at", "old_confirmed_at", "new_confirmed_at"}
"""Different each time, if there is one at all."""

GUEST = re.compile(r"guest-[0-9a-f]{12}")

People = dict[str, ServiceClients]
CodeTo = Callable[[str], Awaitable[str]]
"""Returns the code in the last mail to an address."""


class Recorder(httpx.AsyncBaseTransport):
    """Sends what is for a service to where it listens, and keeps the answers' statuses."""

    def __init__(self, inner: httpx.AsyncBaseTransport, places: dict[str, str]) -> None:
        self.inner, self.places = inner, places
        self.seen: list[tuple[str, int]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for prefix, url in self.places.items():
            if request.url.path.startswith(prefix):
                place = httpx.URL(url)
                request.url = request.url.copy_with(host=place.host, port=place.port)
                request.headers["Host"] = f"{place.host}:{place.port}"
        answer = await self.inner.handle_async_request(request)
        self.seen.append((request.method, answer.status_code))
        return answer


def own_scopes(mock: MockPlatform, name: str) -> list[str]:
    return [f"{one}!user={name}" for one in mock.scopes if one.startswith("custom:")]


def mocked() -> tuple[People, Recorder, CodeTo]:
    mock = MockPlatform(**GUESTS, **MACHINE)  # type: ignore[arg-type]
    mock.hub.groups["admins"] = set()
    mock.hub.page_limit = PAGE
    mock.accounts.published[KeySite.GITHUB, "octo"] = PUBLISHED.splitlines()
    recorder = Recorder(mock, {})
    people = {
        "program": mock.clients,
        "nobody": mock.clients_of("nobody"),
        "alice": mock.clients_of("alice", *own_scopes(mock, "alice"), kind="user"),
        "stranger": ServiceClients("http://platform.test/", "unknown"),
    }

    async def code_to(address: str) -> str:
        return mock.accounts.code_to(address)

    everybody = {who: with_transport(clients, recorder) for who, clients in people.items()}
    return everybody, recorder, code_to


def with_transport(clients: ServiceClients, transport: httpx.AsyncBaseTransport) -> ServiceClients:
    return ServiceClients(clients.platform_url, clients.token, transport=transport)


async def outcomes(people: People, recorder: Recorder, code_to: CodeTo) -> dict[str, Any]:
    notes: dict[str, Any] = {"code_to": code_to}
    found, first = {}, set()
    for case in CASES:
        for who in ("stranger", "nobody") if case.method not in first else ():
            found[name_of(case, who)] = await outcome(case, people[who], notes, recorder)
        first.add(case.method)
        found[name_of(case)] = await outcome(case, people[case.who], notes, recorder)
    return found


async def outcome(
    case: Case, clients: ServiceClients, notes: dict[str, Any], recorder: Recorder
) -> dict[str, Any]:
    recorder.seen = []
    try:
        value = shape(await case.act(clients, notes))
    except AglaisError as problem:
        waits = problem.retry_after is not None
        value = ("refused", type(problem).__name__, problem.status, problem.code, waits)
    return {"value": value, "requests": dict(Counter(recorder.seen))}


def shape(value: Any) -> Any:
    """Return a value without what is different each time."""
    if isinstance(value, Model):
        return {"": type(value).__name__} | shape(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return {k: "any" if is_any(k, v) else shape(v) for k, v in value.items()}
    if isinstance(value, list):
        return sorted((shape(item) for item in value), key=str)
    if isinstance(value, str):
        value = "any" if re.fullmatch(r"[0-9a-f]{32}", value) else value
        return GUEST.sub("guest-any", value)
    return value


def is_any(key: str, value: Any) -> bool:
    return key in ANY_VALUE or (key in ANY_MOMENT and value is not None)


def part_of(real: Any, mock: Any) -> Any:
    """Return of a real value what the mock has as well: the Hub's models say more."""
    if isinstance(mock, dict) and isinstance(real, dict):
        return {key: part_of(value, mock[key]) for key, value in real.items() if key in mock}
    if isinstance(mock, list) and isinstance(real, list) and len(mock) == len(real):
        return [part_of(one, other) for one, other in zip(real, mock, strict=True)]
    return real


def name_of(case: Case, who: str = "") -> str:
    return f"{case.method}: {who or case.says}"


NAMES = [
    *{name_of(case, who): None for case in CASES for who in ("stranger", "nobody")},
    *(name_of(case) for case in CASES),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contract")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def real(folder: Path) -> AsyncIterator[dict[str, Any]]:
    """What the real services and the real Hub make of all cases."""
    tokens = {who: f"{who}-token-{'0' * 16}" for who in ("program", "nobody", "alice", "stranger")}
    mock, double = MockPlatform(), HubDouble()
    custom = [one for one in mock.scopes if one.startswith("custom:")]
    told = {"program": custom, "nobody": [], "alice": own_scopes(mock, "alice")}
    for who, scopes in told.items():
        kind = "user" if who == "alice" else "service"
        held = [*scopes, "access:services"]
        double.tokens[tokens[who]] = {"name": who, "kind": kind, "scopes": held, "groups": []}
    async with AsyncExitStack() as stack:
        server = double.start()
        stack.callback(server.stop)
        places, managers = {}, {}
        await mock.clients.accounts.create_account(AccountRequest(name="alice"))
        site = await stack.enter_async_context(key_site())
        site.users["octo"] = PUBLISHED
        for service, config in (
            (aglais_accounts.service, GUESTS | {"github_url": site.url}),
            (aglais_booking.service, {f"embedded_{k}": v for k, v in BOOKING_MACHINE.items()}),
            (aglais_storage.service, {"root": folder / "spaces", "backend": "directory"}),
        ):
            database = f"sqlite:///{folder / service.name}.db"
            # Where one asks others, these are mocks: what they have is the same for both then.
            at_work = await stack.enter_async_context(
                running(service, database, double, mock.clients, **config)
            )
            places[f"/services/{service.name}/"] = at_work.url
            managers[service.name] = at_work.process.manager
        hub = await stack.enter_async_context(embedded_hub(folder, JupyterHub=hub_of(tokens)))
        places["/hub/"] = hub.url
        recorder = Recorder(httpx.AsyncHTTPTransport(), places)
        people = {
            who: ServiceClients("http://platform.test/", token, transport=recorder)
            for who, token in tokens.items()
        }

        async def code_to(address: str) -> str:
            mails = await mails_of(managers["accounts"])
            codes = [mail.code for mail in mails if mail.address == address]
            return next(code for code in reversed(codes) if code)

        yield await outcomes(people, recorder, code_to)


BOOKING_MACHINE = {"cores": 2, "memory_bytes": 8 * GIB, "core_overcommit": 4}


def hub_of(tokens: dict[str, str]) -> dict[str, Any]:
    return {
        "services": [{"name": who, "api_token": tokens[who]} for who in ("program", "nobody")],
        "load_roles": [{"name": "all", "services": ["program"], "scopes": list(HUB_SCOPES)}],
        "load_groups": {"admins": {"users": []}},
        "authenticator_class": "dummy",
        "api_page_max_limit": PAGE,
        "api_page_default_limit": PAGE,
        "allow_named_servers": True,
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mock() -> dict[str, Any]:
    """What the mock makes of them."""
    return await outcomes(*mocked())


@pytest.mark.parametrize("name", NAMES)
def test_the_mock_answers_as_the_real_service(
    real: dict[str, Any], mock: dict[str, Any], name: str
) -> None:
    value = real[name]["value"]
    seen = part_of(value, mock[name]["value"]) if name.startswith("hub.") else value
    assert {**real[name], "value": seen} == mock[name]


def test_every_method_of_a_client_is_used_and_refused(mock: dict[str, Any]) -> None:
    answered: dict[str, set[str]] = {"happy": set(), "refused": set()}
    for name, found in mock.items():
        kind = "refused" if isinstance(found["value"], tuple) else "happy"
        answered[kind].add(name.partition(":")[0])
    methods = set(client_methods())
    assert methods - answered["happy"] == set()
    assert methods - answered["refused"] == set()


def client_methods() -> list[str]:
    clients = MockPlatform().clients
    parts = {name: getattr(clients, name) for name in ("accounts", "booking", "storage", "hub")}
    return [
        f"{part}.{name}"
        for part, client in parts.items()
        for name, function in inspect.getmembers(type(client), inspect.iscoroutinefunction)
        if not name.startswith("_") and not hasattr(ServiceClient, name)
    ]
