"""What holds for every service of the platform, whatever it is about."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic import command
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from sqlalchemy import create_engine, inspect, make_url, text

from aglais_hub.database.migrations import migrate, migration_config
from aglais_hub.identity import scope
from aglais_hub.operations import Operation
from aglais_hub.service import Route, Service
from aglais_hub.web.app import COMMON
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(params=sorted(entry_points(group="aglais.services").names))
def service(request: pytest.FixtureRequest) -> Service:
    """Every service that is installed."""
    found: Service = entry_points(group="aglais.services")[request.param].load()
    return found


@pytest.fixture
async def at_work(
    service: Service, database_url: str, hub: HubDouble, tmp_path: Path
) -> AsyncIterator[RunningService]:
    """The service as the embedded platform configures it."""
    told = service.embedded(tmp_path)
    config = {
        key.removeprefix(f"AGLAIS_{service.name.upper()}_").lower(): told[key] for key in told
    }
    async with running(service, database_url, hub, **config) as service_:
        yield service_


def operations(service: Service) -> Iterator[tuple[str, str, Operation]]:
    """Yield method, path and operation; parts of the path are names that nothing has."""
    for route in service.routes:
        for method, spec in route.operations.items():
            yield method, path_of(route), spec


def path_of(route: Route) -> str:
    return re.sub(r"{\w+}", "nothing", route.path)


def forms(service: Service) -> Iterator[str]:
    """Yield the paths of pages that take a form."""
    for route in service.routes:
        takes = not route.handler.post.__qualname__.startswith("RequestHandler.")
        if takes and not route.path.startswith("api/"):
            yield path_of(route)


async def test_openapi_is_valid_and_names_every_operation(at_work: RunningService) -> None:
    async with at_work.api(None) as nobody:
        document = (await nobody.get("openapi.json")).json()
    validate(document)
    described = {
        (method, path) for path, methods in document["paths"].items() for method in methods
    }
    for route in at_work.process.service.routes:
        if route.path.startswith("api/"):
            assert route.operations, f"{route.path} has no operation"
        for method in route.operations:
            assert (method, f"/{route.path}") in described


async def test_every_operation_asks_for_its_scope(at_work: RunningService) -> None:
    lacking = at_work.hub.token("mallory", scope("read", "nothing"), kind="service")
    outside = at_work.hub.token("mallory", access=False)
    async with httpx.AsyncClient(base_url=at_work.url) as client:
        for method, path, spec in operations(at_work.process.service):
            body = {"json": {}} if method == "post" else {}
            for token, status, words in (
                (None, 401, "token"),
                ("unknown", 401, "token"),
                (outside, 403, "access:services"),
                (lacking, 403, spec.scope),
            ):
                headers = {"Authorization": f"token {token}"} if token else {}
                answer = await client.request(method, path, headers=headers, **body)
                assert answer.status_code == status, (method, path, token)
                assert answer.json()["status"] == status
                assert words in answer.json()["message"]


async def test_health_is_open_and_metrics_need_their_scope(at_work: RunningService) -> None:
    reader = at_work.hub.token("prometheus", scope("read", "metrics"), kind="service")
    lacking = at_work.hub.token("mallory")
    async with httpx.AsyncClient(base_url=at_work.url) as client:
        health = await client.get("health")
        refused = [
            await client.get(
                "metrics", headers={"Authorization": f"token {token}"} if token else {}
            )
            for token in (None, lacking)
        ]
        metrics = await client.get("metrics", headers={"Authorization": f"token {reader}"})
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert [answer.status_code for answer in refused] == [401, 403]
    assert scope("read", "metrics") in refused[1].json()["message"]
    assert "aglais_request_seconds" in metrics.text
    assert scope("read", "metrics") in at_work.process.service.scopes


GARBAGE = [
    (JSON, b""), (JSON, b"{"), (JSON, b"null"), (JSON, b"[]"), (JSON, b'"x"'), (JSON, b"\xff"),
    (JSON, b"[" * 100_000), (JSON, b"9" * 5000), (JSON, b'{"name": "a\\u0000b"}'),
    (JSON, b'{"name": "\\ud800"}'), (JSON, b'{"": {"": {}}}'), (JSON, b'{"limits": NaN}'),
    (FORM, b"name=%00"), (FORM, b"name=%ff"), (FORM, b"a.b=1&a=2&a.b.c=3"), (FORM, b"=&=&."),
    (FORM, b"&".join(b"a%d=" % n for n in range(2000))),
    ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\nbroken"),
    ({"Content-Type": "multipart/form-data"}, b""), ({}, b"x"),
    ({"Content-Type": "text/xml"}, b"<a/>"),
]  # fmt: skip


@pytest.mark.slow
async def test_garbage_is_never_our_fault(at_work: RunningService) -> None:
    service = at_work.process.service
    async with program(at_work) as client:
        for method, path, spec in operations(service):
            for headers, body in GARBAGE if spec.body else []:
                answer = await client.request(method, path, headers=headers, content=body)
                assert 400 <= answer.status_code < 500, (method, path, headers, body, answer.text)
                assert "Traceback" not in answer.text
        for path in ("%00", "%ff", "..%2f..%2fetc%2fpasswd", "é", "a" * 3000, "nothing?offset=x"):
            for route in service.routes:
                url = re.sub(r"{\w+}", path, route.path)
                answer = await client.get(url)
                assert answer.status_code < 500, (url, answer.text)


HARD = (
    None, True, -1, 0, 2**31, 2**53, 2**63, 10**400, 0.1, 1e308, "", "\0", "\ud800", "new",
    "x" * 300, [], {}, {"": None}, "2030-01-01", "../../etc/passwd",
)  # fmt: skip
"""Values that databases, JSON and file systems find hard."""


def right(schema: dict[str, Any], document: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that a schema allows."""
    if "$ref" in schema:
        return right(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    if "anyOf" in schema:
        return st.one_of(*(right(one, document) for one in schema["anyOf"]))
    if "properties" in schema:
        return st.fixed_dictionaries(
            {name: right(one, document) for name, one in schema["properties"].items()}
        )
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "pattern" in schema:
        return st.from_regex(
            schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii")
        )
    kind = schema.get("type")
    low, high = schema.get("minimum", 0), schema.get("maximum", 2**63)
    if kind == "integer":
        return st.integers(low, high) | st.sampled_from([low, high])
    if kind == "number":
        return st.floats(low, high, allow_nan=False) | st.sampled_from([float(low), float(high)])
    if kind == "null":
        return st.none()
    return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength"))


def leaves(body: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield where in a body single values are."""
    if not isinstance(body, dict):
        yield path
        return
    for name, inner in body.items():
        yield from leaves(inner, (*path, name))


def put(body: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return a body with another value at a place."""
    first, *rest = path
    return body | {first: put(body[first], tuple(rest), value) if rest else value}


def program(at_work: RunningService) -> httpx.AsyncClient:
    """Return a client of the whole service, with a token that may do everything."""
    token = at_work.hub.token("program", *at_work.process.service.scopes, kind="service")
    return httpx.AsyncClient(base_url=at_work.url, headers={"Authorization": f"token {token}"})


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # each example asks a real service: making it smaller takes minutes
)
@given(data=st.data())
async def test_bodies_like_the_right_ones_are_never_our_fault(
    at_work: RunningService, data: st.DataObject
) -> None:
    async with program(at_work) as client:
        document = (await client.get("api/openapi.json")).json()
        for method, path, spec in operations(at_work.process.service):
            if spec.body is None:
                continue
            schema = {"$ref": f"#/components/schemas/{spec.body.__name__}"}
            body = data.draw(right(schema, document), label=f"{method} {path}")
            if data.draw(st.booleans(), label="one value is hard"):
                place = data.draw(st.sampled_from(sorted(leaves(body))), label="where")
                body = put(body, place, data.draw(st.sampled_from(HARD), label="what"))
            answer = await client.request(
                method, existing(path), content=json.dumps(body), headers=JSON
            )
            assert answer.status_code in range(200, 500) or answer.status_code == 503, (
                path,
                body,
                answer.text,
            )


def existing(path: str) -> str:
    """Return the URL of a thing that is there, where one is known."""
    known = {"packages": "tiny", "pools": "embedded", "levels": "0"}
    plural = path.removeprefix("api/").partition("/")[0]
    return path.replace("nothing", known.get(plural, "nothing"))


async def test_a_body_over_the_limit_is_refused(at_work: RunningService) -> None:
    async with program(at_work) as client:
        for method, path, spec in operations(at_work.process.service):
            if spec.body is not None:
                answer = await client.request(method, path, data={"name": "x" * (2**20 + 1)})
                assert (answer.status_code, answer.json()["code"]) == (413, "too-large"), path


async def test_a_form_without_its_xsrf_token_is_refused(at_work: RunningService) -> None:
    service = at_work.process.service
    async with at_work.browser("olga", *service.scopes) as browser:
        await browser.get(service.home)
        for path in forms(service):
            for typed in ({"name": "x"}, {"name": "x", "_xsrf": "wrong"}):
                answer = await browser.post(path, data=typed)
                assert answer.status_code == 403, path
                assert "text/html" in answer.headers["Content-Type"]


async def test_the_api_takes_no_cookie_without_its_xsrf_token(at_work: RunningService) -> None:
    async with at_work.browser("olga", *at_work.process.service.scopes) as browser:
        for method, path, _ in operations(at_work.process.service):
            if method != "get":
                answer = await browser.request(method, path, json={} if method == "post" else None)
                assert (answer.status_code, "_xsrf" in answer.text) == (403, True), path


async def test_pages_send_strangers_to_the_login_and_show_others_the_frame(
    at_work: RunningService,
) -> None:
    service = at_work.process.service
    pages = [r.path for r in service.routes if not r.path.startswith("api/") and "{" not in r.path]
    async with (
        httpx.AsyncClient(base_url=at_work.url) as stranger,
        at_work.browser("olga", *service.scopes) as browser,
    ):
        for path in pages:
            sent = await stranger.get(path)
            shown = await browser.get(path)
            assert (sent.status_code, "/hub/api/oauth2/authorize" in sent.headers["Location"]) == (
                302,
                True,
            )
            assert shown.status_code == 200, path
            assert "<h1" in shown.text
        missing = await browser.get("no/such/page")
    assert missing.status_code == 404
    assert "text/html" in missing.headers["Content-Type"]


def test_a_handler_is_a_page_or_an_operation(service: Service) -> None:
    paths = [route.path for route in (*COMMON, *service.routes)]
    assert len(paths) == len(set(paths))
    assert service.home in paths


def rows(url: str) -> dict[str, list[Any]]:
    """Return everything in a database, by table."""
    given_ = make_url(url)
    driver = "sqlite" if given_.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(given_.set(drivername=driver))
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        found = {
            table: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{table}"'))))  # noqa: S608
            for table in tables
        }
    engine.dispose()
    return found


def test_migrations_make_the_schema_and_go_down_and_up(service: Service, database_url: str) -> None:
    config = migration_config(service.package, database_url)
    migrate(service.package, database_url)
    command.check(config)
    first = rows(database_url)
    command.downgrade(config, "base")
    assert {name for name in rows(database_url) if name != "alembic_version"} == set()
    migrate(service.package, database_url)
    command.check(config)
    assert rows(database_url) == first
