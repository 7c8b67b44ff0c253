"""Passwords and codes are nowhere to be read: not in the database, the logs or the events."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from aglais_accounts.outbox import Outbox
from aglais_hub.identity import scope
from tests.accounts.people import refusal
from tests.support.accounts import ADDRESS, HERE, PASSWORD, AccountsWorld, accounts_world
from tests.support.hub import HubDouble

WRONG, NEW, NEWER = "a wrong guess of mine 5", "a new one nobody guesses 8", "an even newer one 9"
BROWSER = "what-the-browser-is-known-by"


def everything_in(url: str) -> bytes:
    """Return all that a database keeps, as far as its files or rows can be read."""
    given = make_url(url)
    driver = "sqlite" if given.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(given.set(drivername=driver))
    with engine.connect() as connection:
        rows = [
            repr(row)
            for table in inspect(connection).get_table_names()
            for row in connection.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608
        ]
    engine.dispose()
    found = "\n".join(rows).encode()
    if given.database and driver == "sqlite":
        # The file itself as well: what was deleted may still be read there.
        for file in Path(given.database).parent.glob(f"{Path(given.database).name}*"):
            found += file.read_bytes()
    return found


async def live(world: AccountsWorld, secrets: set[str]) -> None:
    """Do everything that has a secret, rightly and wrongly; note all secrets."""
    await world.sign_up(name="alice", browser=BROWSER)
    secrets.add(await world.code_to(ADDRESS))
    await world.resend(browser=BROWSER)
    secrets.add(await world.code_to(ADDRESS))
    await world.confirm(browser=BROWSER)
    await world.log_in()
    await refusal(world.log_in(password=WRONG))
    await refusal(world.log_in("nobody@example.org", password=WRONG))
    await refusal(world.confirm_code("a-code-that-nobody-ever-had-0123456789"))
    for _ in range(2):
        await world.forget()
        secrets.add(await world.code_to(ADDRESS))
    await world.reset(await world.code_to(ADDRESS), NEW)
    await refusal(world.change("alice", NEWER, WRONG))
    await world.change("alice", NEWER, NEW)
    await world.sign_up("bob@example.org", password=WRONG, name="bob")
    secrets.add(await world.code_to("bob@example.org"))


async def malformed(world: AccountsWorld) -> list[httpx.Response]:
    """Send secrets in requests that are wrong in other ways."""
    body = {"address": ADDRESS, "password": PASSWORD, "came_from": HERE}
    async with world.running.program(scope("write", "signups")) as api:
        return [
            await api.post("logins", json=body | {"unknown": 1}),
            await api.post("logins", json=body | {"address": "no address"}),
            await api.post("logins", json=body | {"password": [PASSWORD]}),
            await api.post("signups", json=body | {"password": PASSWORD * 50}),
            await api.post("signups", json=body, headers={"Idempotency-Key": "1"}),
            await api.post("signups", json=body | {"next": f"https://{PASSWORD}"}),
        ]


async def test_secrets_are_nowhere_to_be_read(
    database_url: str, hub: HubDouble, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    journal = tmp_path / "events.jsonl"
    secrets = {PASSWORD, WRONG, NEW, NEWER, BROWSER}
    async with accounts_world(database_url, hub, journal=str(journal)) as world:
        await live(world, secrets)
        answers = await malformed(world)
        kept = everything_in(database_url)
        await Outbox(world.manager).send()  # No way out: it says so.
    places: dict[str, bytes] = {
        "database": kept,
        "logs": caplog.text.encode(),
        "events": journal.read_bytes(),
        "answers": b"".join(answer.content for answer in answers),
    }
    assert {answer.status_code for answer in answers} == {400}
    assert len(secrets) == 10
    for place, content in places.items():
        assert [secret for secret in secrets if secret.encode() in content] == [], place
    # The search finds what may be there.
    assert b"alice" in kept
    assert b"$argon2id$" in kept
    assert b"account.created" in places["events"]
    assert b"mails wait" in places["logs"]


async def test_no_digest_of_a_password_is_kept_with_an_idempotency_key(
    database_url: str, hub: HubDouble
) -> None:
    """A digest of the request would be a quick hash of the password, easy to search."""
    body: dict[str, Any] = {"address": ADDRESS, "password": PASSWORD, "came_from": HERE}
    async with (
        accounts_world(database_url, hub) as world,
        world.running.program(scope("write", "signups"), scope("write", "identities")) as api,
    ):
        code = {"code": "x", "came_from": HERE}
        asked = {
            "signups": body,
            "signups/resend": {"address": ADDRESS, "came_from": HERE},
            "confirmations": code,
            "logins": body,
            "password-resets": {"address": ADDRESS, "came_from": HERE},
            "password-resets/redeem": code | {"password": PASSWORD},
            "accounts/alice/password": {"password": PASSWORD},
        }
        for path, form in asked.items():
            answer = await api.post(path, json=form, headers={"Idempotency-Key": "1"})
            assert (answer.status_code, "Idempotency-Key" in answer.text) == (400, True), path
        async with world.manager.reading() as stores:
            kept = (await stores.session.execute(text("SELECT * FROM answers"))).all()
    assert kept == []
