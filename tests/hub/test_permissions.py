"""Who may do what: every route of every service, asked by everybody there is.

The answers are compared with a table, ``golden/permissions-SERVICE.md``: a new route without a
row fails; ``pytest --update-data`` writes the tables anew, and the diff is read.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from jupyterhub import orm
from jupyterhub.roles import assign_default_roles

from aglais_hub.client.mock import MockPlatform
from aglais_hub.hub import installed_services
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountRequest
from aglais_hub.models.capacities import ResourceRequestForm
from aglais_hub.operations import Operation, operation
from aglais_hub.scopes import ADMINS, custom_scopes, roles
from aglais_hub.service import Route, Service
from aglais_hub.web.api import ApiHandler
from aglais_hub.web.app import COMMON
from tests.support.embedded_hub import EmbeddedHub, embedded_hub
from tests.support.hub import HubDouble
from tests.support.samples import sample
from tests.support.services import NO_TLS, RunningService, running

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SERVICES = installed_services()

GUEST, MEMBER, OTHER, LEVEL_N = "guest-0123456789ab", "alice", "bob", "nora"
OWNERS = {GUEST: 0, MEMBER: 1, OTHER: 1, LEVEL_N: 2}


@dataclass(frozen=True)
class Asker:
    """Somebody who asks, and on whose things.

    Parameters
    ----------
    title
        In the table's head.
    name
        Of the user or service; None: nobody known.
    owner
        Whose things are asked for.
    role
        Names of the roles whose scopes are held, besides that of every user.
    kind
        User or service of the Hub.
    token
        What is sent by who is not known.
    """

    title: str
    name: str | None
    owner: str = MEMBER
    role: tuple[str, ...] = ()
    kind: str = "user"
    token: str | None = None


ASKERS = (
    Asker("stranger", None),
    Asker("revoked", None, token="was-good-once"),
    Asker("guest, own", GUEST, owner=GUEST),
    Asker("guest, alice's", GUEST),
    Asker("member, own", MEMBER),
    Asker("member, alice's", OTHER),
    Asker("level n, own", LEVEL_N, owner=LEVEL_N),
    Asker("level n, alice's", LEVEL_N),
    Asker("no scopes", "mallory", kind="service"),
    *(
        Asker(service.name, service.name, role=(f"service-{service.name}",), kind="service")
        for service in SERVICES
    ),
    Asker("the Hub", "aglais", role=("service-aglais",), kind="service"),
    Asker("admin", "ada", role=("aglais-admin",)),
)


def held(asker: Asker) -> list[str]:
    """Return an asker's scopes, as the Hub expands its roles."""
    names = (("user",) if asker.kind == "user" else ()) + asker.role
    given = {role["name"]: role.get("scopes", []) for role in roles(SERVICES)}
    scopes = {one for name in names for one in given.get(name, ())}
    own = {one for one in scopes if one.endswith("!user")}
    for one in own:
        scopes.remove(one)
        if one.removesuffix("!user") not in scopes:
            scopes.add(f"{one}={asker.name}")
    return sorted(scopes)


def paths(service: Service) -> Iterator[tuple[str, Route]]:
    """Yield method and route of everything that can be asked for."""
    for route in (*COMMON, *service.routes):
        for method in ("get", "post", "put", "patch", "delete"):
            handle = getattr(route.handler, method, None)
            if handle is not None and not handle.__qualname__.startswith("RequestHandler."):
                yield method, route


PROVIDED = {"provider": "github", "subject": "{owner}", "label": "Octo"}

TIMES = {"starts_at": "2029-06-01T00:00Z", "ends_at": "2029-07-01T00:00Z"}
WANTED: dict[str, Any] = {
    "title": "A course",
    "why": "Students",
    "cores": 1,
    "memory_bytes": 1,
} | TIMES
CAPACITY = {"pool": "embedded", "title": "Summer", "cores": 1, "memory_bytes": 2**30} | TIMES
TOMORROW = (utcnow() + timedelta(days=1)).date().isoformat()
LARGE_MACHINE = {"booking": {"embedded_cores": 32, "embedded_memory_bytes": 2**37}}
"""So that all that is booked has room."""

BOOKED = {"name": "Stars", "package": "small", "first_day": TOMORROW}

MADE: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "accounts": (
        ("accounts/{owner}/identities", PROVIDED),
        ("accounts/{owner}/keys/generate", {"title": "laptop"}),
        ("grants", {"cluster": "{owner}", "account": "{owner}"}),
        ("node-tokens", {"cluster": "{owner}", "title": "node"}),
    ),
    "booking": (
        ("admissions", {"account": "{owner}", "level": 1, "package": "tiny"}),
        ("capacities", CAPACITY),
        ("bookings", BOOKED | {"account": "{owner}"}),
    ),
    "storage": (
        (
            "spaces",
            {"account": "{owner}", "kind": "temp", "quota_bytes": 2**20, "quota_files": 9},
        ),
    ),
}
"""What is there of each owner before anybody asks, by service: where it is posted, and what."""


@dataclass
class Scene:
    """A service with things of several owners, on a copy of one prepared database."""

    service: Service
    folder: Path
    hub: HubDouble
    numbers: Iterator[int]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[RunningService]:
        """Run the service on a fresh copy."""
        folder = self.folder / str(next(self.numbers))
        shutil.copytree(self.folder / "prepared", folder)
        async with _running(self.service, folder, self.hub) as service:
            yield service


@asynccontextmanager
async def _running(service: Service, folder: Path, hub: HubDouble) -> AsyncIterator[RunningService]:
    told = service.embedded(folder)
    prefix = f"AGLAIS_{service.name.upper()}_"
    config = {key.removeprefix(prefix).lower(): told[key] for key in told}
    config |= LARGE_MACHINE.get(service.name, {})
    clients = MockPlatform().clients
    for owner, level in OWNERS.items():
        await clients.accounts.create_account(AccountRequest(name=owner, level=level))
    url = f"sqlite:///{folder / 'service.db'}"
    async with running(service, url, hub, clients, **config) as at_work:
        yield at_work


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
async def scene(request: pytest.FixtureRequest, hub: HubDouble, tmp_path: Path) -> Scene:
    """Every service that is installed, with things in it."""
    return await scene_of(request.param, hub, tmp_path)


async def scene_of(service: Service, hub: HubDouble, tmp_path: Path) -> Scene:
    folder = tmp_path / "prepared"
    folder.mkdir()
    async with _running(service, folder, hub) as at_work, everything(at_work) as program:
        for owner, level in OWNERS.items():
            await furnish(at_work, program, owner, level)
    return Scene(service, tmp_path, hub, count())


def everything(at_work: RunningService) -> httpx.AsyncClient:
    """Return a client of the API that may do everything."""
    return at_work.program(*at_work.process.service.scopes)


async def furnish(
    at_work: RunningService, program: httpx.AsyncClient, owner: str, level: int
) -> None:
    """Make what is there of an owner."""
    if at_work.process.service.name == "accounts":
        manager = at_work.process.manager.accounts
        async with manager.writing() as stores:
            await manager._new(stores, owner, level, utcnow())
        # Of another provider: the last way to log in cannot be taken away.
        await make(program, "accounts/{owner}/identities", PROVIDED | {"provider": "orcid"}, owner)
    if at_work.process.service.name == "booking":
        # Everybody asks for themselves.
        asker = Actor(owner, "user", frozenset({scope("write", "requests")}))
        await at_work.process.manager.requests.create(asker, ResourceRequestForm(**WANTED))
    for path, body in MADE.get(at_work.process.service.name, ()):
        await make(program, path, body, owner)


async def make(
    program: httpx.AsyncClient, path: str, body: dict[str, Any], owner: str
) -> httpx.Response:
    """Make something of an owner's; it may be there already, and guests have no keys."""
    filled = {name: owner if value == "{owner}" else value for name, value in body.items()}
    answer = await program.post(path.replace("{owner}", owner), json=filled)
    assert answer.status_code in {200, 201, 202, 409, 403}, (path, answer.text)
    return answer


async def place(path: str, program: httpx.AsyncClient, owner: str) -> str:
    """Return a route's path with things of an owner in it."""
    done: list[str] = []
    for part in path.removeprefix("api/").split("/"):
        done.append(
            await _thing("/".join(done), part[1:-1], program, owner) if "{" in part else part
        )
    return ("api/" if path.startswith("api/") else "") + "/".join(done)


async def _thing(collection: str, key: str, program: httpx.AsyncClient, owner: str) -> str:
    """Return what is in the URL of a thing: the owner's own, or the first, or the owner.

    What somebody before has taken away is made once more.
    """
    found = await _found(collection, key, program, owner)
    if found is None:
        for path, body in (one for made in MADE.values() for one in made):
            if collection == path.replace("{owner}", owner).removesuffix("/generate"):
                await make(program, path, body, owner)
                found = await _found(collection, key, program, owner)
    return owner if found is None else found


async def _found(collection: str, key: str, program: httpx.AsyncClient, owner: str) -> str | None:
    answer = await program.get(collection, params={"limit": 200})
    things = answer.json() if answer.status_code == 200 else []
    theirs = [one for one in things if owner in {one.get("name"), one.get("account")}]
    shared = [one for one in things if "account" not in one]
    for thing in (theirs or shared)[:1]:
        return str(next(thing[name] for name in (key, "id", "name", "level") if name in thing))
    return None


@asynccontextmanager
async def client_of(asker: Asker, at_work: RunningService, *, is_page: bool) -> AsyncIterator[Any]:
    """Yield a browser for pages, a program for the API."""
    scopes, token = held(asker) if asker.name else [], asker.token
    if asker.name is None:
        headers = {"Authorization": f"token {token}"} if token else {}
        async with httpx.AsyncClient(
            base_url=at_work.url, headers=headers, verify=NO_TLS
        ) as client:
            yield client
    elif is_page:
        options: dict[str, Any] = {"kind": asker.kind, "access": False}
        async with at_work.browser(asker.name, *scopes, **options) as client:
            yield client
    else:
        token = at_work.hub.token(asker.name, *scopes, kind=asker.kind, access=False)
        headers = {"Authorization": f"token {token}"}
        async with httpx.AsyncClient(
            base_url=at_work.url, headers=headers, verify=NO_TLS
        ) as client:
            yield client


async def ask(
    asker: Asker, method: str, route: Route, at_work: RunningService, program: httpx.AsyncClient
) -> str:
    """Let somebody ask; return the answer in a word."""
    is_page = not route.path.startswith("api/")
    path = await place(route.path, program, asker.owner)
    body = body_of(method, route, asker.owner)
    async with client_of(asker, at_work, is_page=is_page) as client:
        if is_page and method != "get":
            await client.get(at_work.process.service.home)
            form = flat(body) | {"_xsrf": client.cookies.get("_xsrf", "")}
            answer = await client.post(path, data=form)
        else:
            answer = await client.request(method, path, json=body)
    return word(answer)


def body_of(method: str, route: Route, owner: str) -> dict[str, Any] | None:
    """Return a body that is right, where one belongs there."""
    spec = route.operations.get(method)
    model = spec.body if spec else getattr(route.handler, "model", None)
    if method == "get" or model is None:
        return None if method in {"get", "delete"} else {}
    body = sample(
        model, account=owner, name="fresh", reason="asked for", address="nobody@example.org",
        password="Wm7-rvQ2 kesselfang ottoman",
    )  # fmt: skip
    return body | ARIGHT.get(model.__name__, {})


ASKS_NOTHING = {
    "GET oauth_callback", "GET api/clusters/{cluster}/authorized-keys", "GET feeds/{file}",
}  # fmt: skip
"""Rows that are open to everybody by their nature, or that need a query to tell more."""

LARGE = {
    "frontend": {"cores": 1, "memory_bytes": 2**30},
    "worker": {"cores": 1, "memory_bytes": 2**30},
    "worker_count": 1,
    "disk_bytes": 2**30,
}

PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKzabE+a0BB2AwzJxC883vpOqXH86HCLRworSTgf0t7T laptop"
)

ARIGHT: dict[str, dict[str, Any]] = {
    "GuestRequest": {"address": "192.0.2.1"},
    "Package": {"limits": LARGE},
    "PackageEdit": {"limits": LARGE},
    "AccountEdit": {"why": "asked for"},
    "BookingRequest": BOOKED,
    "SshKeyRequest": {"public": PUBLIC_KEY},
    "CapacityRequest": CAPACITY,
    "ResourceRequestForm": WANTED,
    "Approval": {name: value for name, value in CAPACITY.items() if name != "title"},
    "CapacityEdit": {name: value for name, value in CAPACITY.items() if name != "pool"},
}
"""Values that the model's schema alone does not tell, by model."""


def code_of(answer: httpx.Response) -> str:
    """Return the code of a refusal."""
    if answer.headers["Content-Type"].startswith("application/json"):
        return str(answer.json()["code"])
    return "forbidden" if answer.status_code == 403 else str(answer.status_code)


def flat(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body as the fields of a form."""
    fields: dict[str, Any] = {}
    for name, value in body.items():
        inner = flat(value) if isinstance(value, dict) else {"": value}
        fields |= {f"{name}.{rest}".rstrip("."): one for rest, one in inner.items()}
    return fields


def word(answer: httpx.Response) -> str:
    """Return what an answer means for who asked."""
    location = answer.headers.get("Location", "")
    if answer.status_code == 401 or "/hub/api/oauth2/authorize" in location:
        return "login"
    if answer.status_code == 403:
        code = code_of(answer)
        return "no" if code in {"forbidden", "refused"} else f"({code})"
    if answer.status_code in {400, 404}:
        if answer.headers["Content-Type"].startswith("application/json"):
            print(answer.request.method, answer.request.url.path, answer.json()["message"])
        return f"({answer.status_code})"
    if 404 < answer.status_code < 500:
        return f"({code_of(answer)})"
    asked = f"{answer.request.method} {answer.request.url.path}"
    assert answer.status_code < 500 or answer.status_code == 503, f"{asked}: see the log"
    total = answer.headers.get("X-Total-Count")
    return f"yes, {total}" if total is not None else "yes"


async def test_everybody_may_what_the_table_says(
    scene: Scene, golden: Callable[[Path, str], None]
) -> None:
    blind: list[str] = []
    rows = [["", *(asker.title for asker in ASKERS)]]
    for method, route in paths(scene.service):
        row, *answers = await row_of(scene, method, route)
        told = dict(zip((asker.title for asker in ASKERS), answers, strict=True))
        # Permission comes before what is there, and before what the body says.
        tells = told["no scopes"] in {"no", "yes"} and (
            told["admin"] != "(400)" or not route.path.startswith("api/")
        )
        if not tells and row not in ASKS_NOTHING:
            blind.append(row)
        rows.append([row, *answers])
    golden(HERE / "golden" / f"permissions-{scene.service.name}.md", table(rows))
    assert blind == [], "these rows do not tell who may; does ARIGHT lack what is printed below?"


async def row_of(scene: Scene, method: str, route: Route) -> list[str]:
    """Return a row of the table."""
    async with scene.open() as at_work, everything(at_work) as program:
        answers = [await ask(asker, method, route, at_work, program) for asker in ASKERS]
    return [f"{method.upper()} {route.path}", *answers]


class AsksForNoOwner(ApiHandler):
    """Shows everybody's account to whoever may see one."""

    @operation(Operation("Return an account", scope("read", "accounts"), returns=Account))
    async def get(self, name: str) -> Account:
        async with self.manager.reading() as stores:
            return await self.manager._account(stores, name)


class LooksBeforeItAsks(ApiHandler):
    """Shows the page of an account to whoever has logged in."""

    async def get(self, name: str) -> None:
        self.finish(f"<h1>{name}</h1>")


@pytest.mark.parametrize(
    ("path", "handler"),
    [("api/accounts/{name}", AsksForNoOwner), ("accounts/{name}", LooksBeforeItAsks)],
)
async def test_the_table_would_show_a_route_that_forgets_to_ask(
    path: str, handler: type[Any], hub: HubDouble, tmp_path: Path
) -> None:
    right = next(service for service in SERVICES if service.name == "accounts")
    routes = (Route(path, handler), *(route for route in right.routes if route.path != path))
    scene = await scene_of(replace(right, routes=routes), hub, tmp_path)
    told = [cell.strip() for cell in table([await row_of(scene, "get", routes[0])]).split("|")]
    known = (HERE / "golden" / "permissions-accounts.md").read_text().splitlines()
    row = next(line for line in known if line.startswith(f"| GET {path} "))
    kept = [cell.strip() for cell in row.split("|")]
    assert kept[1] == told[1]
    assert [place for place, (was, is_) in enumerate(zip(kept, told, strict=False)) if was != is_]


def table(rows: list[list[str]]) -> str:
    """Return a table whose lines do not change with each other's lengths."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


async def test_scopes_are_those_that_the_hub_gives(tmp_path: Path) -> None:
    """The table asks with scopes expanded here; a real Hub must agree."""
    services = [
        {"name": name, "api_token": f"token-of-{name}"}
        for name in ("aglais", "aglais-cli", *(service.name for service in SERVICES))
    ]
    settings = {
        "custom_scopes": custom_scopes(SERVICES), "load_roles": roles(SERVICES),
        "load_groups": {ADMINS: {"users": ["ada"]}}, "services": services,
        "authenticator_class": "null",
    }  # fmt: skip
    async with embedded_hub(tmp_path, JupyterHub=settings) as hub, hub.browser() as client:
        for asker in ASKERS:
            if asker.name in {None, "mallory"}:
                continue
            token = f"token-of-{asker.name}"
            if asker.kind == "user":
                token = user_of(hub, asker.name).new_api_token()
            answer = await client.get("api/user", headers={"Authorization": f"token {token}"})
            given = {scope for scope in answer.json()["scopes"] if scope.startswith(OURS)}
            assert given == {scope for scope in held(asker) if scope.startswith(OURS)}, asker


OURS = ("custom:", "access:services")


def user_of(hub: EmbeddedHub, name: str) -> Any:
    """Return a user of the Hub, with the role that users have."""
    known = orm.User.find(hub.app.db, name)
    if known is None:
        known = orm.User(name=name)
        hub.app.db.add(known)
        hub.app.db.commit()
    assign_default_roles(hub.app.db, entity=known)
    return hub.app.users[known]
