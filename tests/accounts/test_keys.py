"""SSH keys of accounts, over REST."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncssh
import httpx
import pytest

from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.service import Service
from tests.accounts.key_world import ACCOUNTS, OWN, READ, WRITE, key_world
from tests.support.accounts import mails_of
from tests.support.hub import HubDouble
from tests.support.keys import pair, private, public
from tests.support.services import RunningService

PRIVATE = scope("read", "private-keys")
LIMIT = 6


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture
async def accounts(
    database_url: str, hub: HubDouble, journal: Path
) -> AsyncIterator[RunningService]:
    told = {"ssh_key_limit": LIMIT, "journal": str(journal)}
    async with key_world(database_url, hub, **told) as (at_work, _):
        async with at_work.program(ACCOUNTS) as api:
            guest = await api.post("guests", data={"address": "192.0.2.1"})
        hub.users["guest"] = guest.json()
        yield at_work


@pytest.fixture
async def alice(accounts: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with accounts.api(accounts.hub.token("alice", *OWN)) as api:
        yield api


async def test_a_pasted_key_is_kept_with_its_fingerprint(alice: httpx.AsyncClient) -> None:
    made = await alice.post("accounts/alice/keys", data={"public": public()})
    key = made.json()
    found = await alice.get(made.headers["Location"].partition("/api/")[2])
    assert made.status_code == 201
    assert found.json() == key == (await alice.get("accounts/alice/keys")).json()[0]
    assert key["fingerprint"] == pair().get_fingerprint()
    assert (key["kind"], key["source"], key["title"]) == ("authorized", "pasted", "me@laptop-0")
    assert (key["algorithm"], key["last_used_at"]) == ("ssh-ed25519", None)
    assert public().startswith(key["public"])


@pytest.mark.parametrize(
    ("algorithm", "more"),
    [("ecdsa-sha2-nistp256", {}), ("ecdsa-sha2-nistp521", {}), ("ssh-rsa", {"key_size": 3072})],
)
async def test_other_strong_algorithms_are_taken(
    alice: httpx.AsyncClient, algorithm: str, more: dict[str, int]
) -> None:
    made = await alice.post("accounts/alice/keys", json={"public": public(algorithm, **more)})
    assert (made.status_code, made.json()["algorithm"]) == (201, algorithm)


def certificate() -> str:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    made = authority.generate_user_certificate(pair(), "alice", principals=["alice"])
    return made.export_certificate().decode()


def swapped() -> str:
    """Return a line whose base64 is of another algorithm than it says."""
    return public().replace("ssh-ed25519", "ecdsa-sha2-nistp256", 1)


REFUSED: dict[str, tuple[str, str, str]] = {
    "DSA": (public("ssh-dss"), "weak-key", "DSA"),
    "short RSA": (public("ssh-rsa", key_size=2048), "weak-key", "2048 bits; 3072 are the least"),
    "unknown": ("ssh-ed448 AAAAC3NzaC1lZDI1NTE5", "not-a-key", "ssh-ed25519"),
    "options": (f'command="rm -rf /",no-pty {public()}', "not-a-key", "options"),
    "several": (f"{public()}\n{public(number=1)}", "not-a-key", "one line"),
    "certificate": (certificate(), "not-a-key", "certificate"),
    "cut off": (public()[:60], "not-a-key", "something is missing"),
    "no base64": ("ssh-ed25519 !!!!", "not-a-key", "something is missing"),
    "no key": ("ssh-ed25519", "not-a-key", "not a public key"),
    "prose": ("my key please", "not-a-key", "not a public key"),
    "another inside": (swapped(), "not-a-key", "something is missing"),
    "more behind": (public().split()[0] + " " + public().split()[1] + "AAAA", "not-a-key", "Copy"),
    "RFC 4716": (pair().export_public_key("rfc4716").decode(), "not-a-key", "one line"),
    "private": (private(), "private-key-pasted", "consider it burnt"),
    "private, PEM": (private("ssh-rsa", "pkcs1-pem", key_size=3072), "private-key-pasted", "burnt"),
    "private, PKCS8": (private("ssh-rsa", "pkcs8-pem", key_size=3072), "private-key-pasted", "bur"),
    "private, no head": ("".join(private().splitlines()[1:-1]), "private-key-pasted", "burnt"),
    "PuTTY": ("PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1", "private-key-pasted", "bur"),
}


async def test_what_is_no_good_key_is_refused_in_a_sentence(alice: httpx.AsyncClient) -> None:
    for name, (text, code, words) in REFUSED.items():
        answer = await alice.post("accounts/alice/keys", json={"public": text})
        assert (answer.status_code, answer.json()["code"]) == (400, code), name
        assert words in answer.json()["message"], name
    assert (await alice.get("accounts/alice/keys")).json() == []


def secrets_of(text: str) -> list[str]:
    """Return the lines of a private key that nobody may see again."""
    return [line for line in text.splitlines() if line and not line.startswith("-----")]


def ways_to_paste(secret: str) -> list[dict[str, Any]]:
    """Return the requests in which a private key comes by mistake."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return [
        {"json": {"public": secret}},
        {"data": {"public": secret}},
        {"json": {"public": public(), "title": secret}},
        {"json": {secret: "1"}},
        {"content": secret.encode(), "headers": form},  # curl -d @id_ed25519
        {"content": secret.encode(), "headers": {"Content-Type": "application/json"}},
        {"content": b"public=" + secret.encode(), "headers": form},
        {"files": {"public": secret.encode()}},
    ]


async def test_a_private_key_is_nowhere_afterwards(
    alice: httpx.AsyncClient,
    accounts: RunningService,
    caplog: pytest.LogCaptureFixture,
    journal: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = private()
    for path in ("keys", "keys/fetch", "keys/preview", "keys/generate"):
        for way in ways_to_paste(secret):
            keyed = {"Idempotency-Key": "once", **way.get("headers", {})}
            answer = await alice.post(f"accounts/alice/{path}", **way | {"headers": keyed})
            assert (answer.status_code, answer.json()["code"]) == (400, "private-key-pasted")
            assert_nothing_of(secret, answer.text)
    assert_nothing_of(secret, caplog.text, await everything_kept(accounts), events(journal))


def assert_nothing_of(secret: str, *texts: str) -> None:
    for line in secrets_of(secret):
        for text in texts:
            assert line not in text


def events(journal: Path) -> str:
    """Return what was published."""
    return journal.read_text()


async def everything_kept(accounts: RunningService) -> str:
    """Return all rows of the service's database."""
    rows = []
    async with accounts.process.database.reading() as session:
        for table in accounts.process.service.metadata.sorted_tables:
            rows += map(repr, await session.execute(table.select()))
    return "\n".join(rows)


async def test_a_key_is_taken_once(alice: httpx.AsyncClient) -> None:
    again = {"public": f"{public()} another comment", "title": "other"}
    first = await alice.post("accounts/alice/keys", data={"public": public()})
    second = await alice.post("accounts/alice/keys", data=again)
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "key-exists"
    assert "me@laptop-0" in second.json()["message"]


async def test_of_many_who_add_at_once_there_are_never_more_than_the_limit(
    alice: httpx.AsyncClient,
) -> None:
    lines = [public(number=number) for number in range(20)]
    posts = (alice.post("accounts/alice/keys", data={"public": line}) for line in lines)
    answers = await asyncio.gather(*posts)
    listed = (await alice.get("accounts/alice/keys")).json()
    assert sorted(answer.status_code for answer in answers) == [201] * LIMIT + [409] * (20 - LIMIT)
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"key-limit"}
    assert len(listed) == LIMIT


async def test_the_same_key_at_once_is_kept_once(alice: httpx.AsyncClient) -> None:
    posts = (alice.post("accounts/alice/keys", data={"public": public()}) for _ in range(8))
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*posts))
    assert statuses == [201] + [409] * 7


async def test_a_key_is_renamed_and_removed(alice: httpx.AsyncClient, journal: Path) -> None:
    made = (await alice.post("accounts/alice/keys", data={"public": public()})).json()
    place = f"accounts/alice/keys/{made['id']}"
    seen = (await alice.get(place)).headers["ETag"]
    renamed = await alice.post(place, data={"title": "Office"}, headers={"If-Match": seen})
    stale = await alice.post(place, data={"title": "Home"}, headers={"If-Match": seen})
    gone, again = await alice.delete(place), await alice.delete(place)
    assert (renamed.json()["title"], stale.status_code) == ("Office", 412)
    assert (gone.status_code, again.status_code) == (204, 404)
    assert (await alice.get("accounts/alice/keys")).json() == []
    assert made["fingerprint"] in events(journal).partition("key.removed")[2]


async def test_guests_have_no_keys(accounts: RunningService) -> None:
    guest = accounts.hub.users["guest"]["name"]
    async with accounts.program(READ, WRITE) as api:
        pasted = await api.post(f"accounts/{guest}/keys", data={"public": public()})
        made = await api.post(f"accounts/{guest}/keys/generate", data={"title": "x"})
        asked = {"site": "github", "user": "octo"}
        fetched = await api.post(f"accounts/{guest}/keys/fetch", data=asked)
    for answer in (pasted, made, fetched):
        assert (answer.status_code, answer.json()["code"]) == (403, "guest-keys")
        assert "register" in answer.json()["message"]


async def test_nobody_reads_or_writes_the_keys_of_others(
    accounts: RunningService, alice: httpx.AsyncClient
) -> None:
    async with accounts.program(READ, WRITE) as api:
        key = (await api.post("accounts/bob/keys", data={"public": public()})).json()["id"]
    for method, path, sent in (
        ("GET", "keys", {}), ("POST", "keys", {"data": {"public": public()}}),
        ("POST", "keys/fetch", {"data": {"site": "github", "user": "x"}}),
        ("POST", "keys/preview", {"data": {"site": "github", "user": "x"}}),
        ("POST", "keys/generate", {"data": {"title": "x"}}), ("GET", f"keys/{key}", {}),
        ("POST", f"keys/{key}", {"data": {"title": "x"}}), ("DELETE", f"keys/{key}", {}),
        ("GET", f"keys/{key}/private", {}),
    ):  # fmt: skip
        answer = await alice.request(method, f"accounts/bob/{path}", **sent)
        assert answer.status_code == 403, (method, path)
        if key in path:  # bob's key is not found among alice's
            own = await alice.request(method, f"accounts/alice/{path}", **sent)
            assert own.status_code in {403, 404}


async def test_the_private_half_is_encrypted_and_given_to_services_only(
    accounts: RunningService, alice: httpx.AsyncClient, journal: Path
) -> None:
    made = await alice.post("accounts/alice/keys/generate", data={"title": "For syncs"})
    key, place = made.json(), f"accounts/alice/keys/{made.json()['id']}/private"
    admin = accounts.hub.token("olga", PRIVATE, READ)
    async with accounts.program(PRIVATE) as sync, accounts.api(admin) as person:
        given = await sync.get(place)
        to_person, to_owner = await person.get(place), await alice.get(place)
        seen = (await alice.get(f"accounts/alice/keys/{key['id']}")).json()
    half = asyncssh.import_private_key(given.json()["private"])
    assert half.get_fingerprint() == key["fingerprint"]
    assert (key["kind"], key["algorithm"]) == ("generated", "ssh-ed25519")
    assert (to_person.status_code, to_owner.status_code) == (403, 403)
    assert "private" not in made.text.replace("private-keys", "")
    assert seen["last_used_at"] is not None
    told = (await everything_kept(accounts), events(journal))
    assert_nothing_of(given.json()["private"], *told)
    assert '"event":"key.used"' in told[1]


async def test_a_pasted_key_has_no_private_half_here(
    accounts: RunningService, alice: httpx.AsyncClient
) -> None:
    key = (await alice.post("accounts/alice/keys", data={"public": public()})).json()["id"]
    async with accounts.program(PRIVATE) as sync:
        answer = await sync.get(f"accounts/alice/keys/{key}/private")
    assert answer.status_code == 404
    assert "with its owner" in answer.json()["message"]


def test_no_role_of_people_holds_private_keys() -> None:
    from aglais_hub.hub import installed_services
    from aglais_hub.scopes import custom_scopes, roles

    services: list[Service] = installed_services()
    assert PRIVATE in custom_scopes(services)
    held = {role["name"] for role in roles(services) if PRIVATE in role.get("scopes", ())}
    assert held == set()
    user = next(role for role in roles(services) if role["name"] == "user")
    assert {f"{READ}!user", f"{WRITE}!user"} <= set(user["scopes"])


async def test_the_owner_is_told_of_new_keys_by_mail(
    accounts: RunningService, alice: httpx.AsyncClient
) -> None:
    address = "alice@example.org"
    async with accounts.process.manager.writing() as stores:
        await stores.identities.add("alice", "email", address, address, utcnow())
    before = len(await mails_of(accounts.process.manager))
    key = (await alice.post("accounts/alice/keys", data={"public": public()})).json()
    await alice.post("accounts/alice/keys", data={"public": public()})
    mails = (await mails_of(accounts.process.manager))[before:]
    assert [mail.address for mail in mails] == [address]
    assert f"  {key['fingerprint']} (ssh-ed25519, pasted)\n" in mails[0].text
    assert "/services/accounts/accounts/alice/keys" in mails[0].text
