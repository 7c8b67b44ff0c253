"""Cases of SSH keys, grants, and what nodes of clusters ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from aglais_hub.client import ServiceClients
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import AccountRequest, Level
from aglais_hub.models.keys import (
    NodeTokenEdit,
    NodeTokenRequest,
    SshGrantEdit,
    SshGrantRequest,
    SshKeyEdit,
    SshKeyFetch,
    SshKeyGeneration,
    SshKeyRequest,
)
from tests.client.case import Act, Case, Notes
from tests.support.keys import pair, private, public

PUBLISHED = "\n".join((public(number=0), public(number=1), public("ssh-dss"), public(number=1)))
"""What the site shows of octo."""

END = datetime(2100, 1, 1, tzinfo=UTC)


def makes(name: str, level: Level) -> Act:
    request = AccountRequest(name=name, level=level)
    return lambda c, n: c.accounts.create_account(request)


def adds(text: str, name: str = "nora", title: str | None = None) -> Act:
    async def act(clients: ServiceClients, notes: Notes) -> Any:
        request = SshKeyRequest(public=text, title=title)
        made = await clients.accounts.add_key(name, request)
        notes["key"] = made.id
        return without_key(made.model_dump(mode="json"))

    return act


def without_key(key: dict[str, Any]) -> dict[str, Any]:
    """Return a generated key without what is different each time."""
    return key | {"public": "any", "fingerprint": "any"} if key["kind"] == "generated" else key


def fetches(user: str = "octo", name: str = "nora", **more: Any) -> Act:
    request = SshKeyFetch.model_validate({"site": "github", "user": user} | more)
    return lambda c, n: c.accounts.fetch_keys(name, request)


def looks(user: str = "octo", name: str = "nora") -> Act:
    request = SshKeyFetch.model_validate({"site": "github", "user": user})
    return lambda c, n: said(c.accounts.preview_keys(name, request))


async def said(found: Any) -> list[Any]:
    """Return what was found, with whether there is a reason instead of the reason."""
    return [one.model_dump() | {"why": bool(one.why)} for one in await found]


async def generates(clients: ServiceClients, notes: Notes) -> Any:
    made = await clients.accounts.generate_key("nora", SshKeyGeneration(title="For syncs"))
    notes["generated"] = made.id
    return without_key(made.model_dump(mode="json"))


async def listed(clients: ServiceClients, _notes: Notes) -> Any:
    return [without_key(one.model_dump(mode="json")) for one in await clients.accounts.keys("nora")]


async def private_half(clients: ServiceClients, notes: Notes) -> Any:
    half = await clients.accounts.private_key("nora", notes["generated"])
    return [half.account, half.private.splitlines()[0]]


def gives(cluster: str = "atlas", account: str = "nora", end: datetime | None = None) -> Act:
    request = SshGrantRequest(cluster=cluster, account=account, expires_at=end)
    return lambda c, n: c.accounts.give_grant(request)


def moves_end(end: datetime) -> Act:
    return lambda c, n: c.accounts.edit_grant("atlas", "nora", SshGrantEdit(expires_at=end))


async def issues(clients: ServiceClients, notes: Notes) -> Any:
    request = NodeTokenRequest(cluster="atlas", title="node 1")
    made = await clients.accounts.issue_node_token(request)
    notes["node-token"], notes["node-secret"] = made.id, made.token
    return made.model_dump(mode="json") | {"token": made.token[:12]}


def as_node(clients: ServiceClients, notes: Notes) -> ServiceClients:
    """Return the clients of a node with its token."""
    return ServiceClients(clients.platform_url, notes["node-secret"], transport=clients.transport)


def asks(cluster: str = "atlas", user: str = "nora", **more: Any) -> Act:
    return lambda c, n: c.accounts.authorized_keys(cluster, user, **more)


def asks_as_node(cluster: str = "atlas") -> Act:
    return lambda c, n: as_node(c, n).accounts.authorized_keys(cluster, "nora")


KEYS = [
    Case("accounts.create_account", "nora", makes("nora", Level.CUSTOM)),
    Case("accounts.create_account", "mona", makes("mona", Level.BASIC)),
    Case("accounts.keys", "none", lambda c, n: c.accounts.keys("nora")),
    Case("accounts.keys", "unknown", lambda c, n: c.accounts.keys("nobody")),
    Case("accounts.keys", "other's", lambda c, n: c.accounts.keys("nora"), who="alice"),
    Case("accounts.add_key", "one", adds(public())),
    Case("accounts.add_key", "again", adds(f"{public()} again")),
    Case("accounts.add_key", "titled", adds(public("ecdsa-sha2-nistp256"), title="Office")),
    Case("accounts.add_key", "weak", adds(public("ssh-rsa", key_size=2048))),
    Case("accounts.add_key", "no key", adds("nothing")),
    Case("accounts.add_key", "private", adds(private())),
    Case("accounts.add_key", "unknown", adds(public(), name="nobody")),
    Case("accounts.add_key", "other's", adds(public()), who="alice"),
    Case("accounts.add_key", "leaving", adds(public(), name="alice"), who="alice"),
    Case("accounts.key", "one", lambda c, n: c.accounts.key("nora", n["key"])),
    Case("accounts.key", "another's", lambda c, n: c.accounts.key("mona", n["key"])),
    Case("accounts.key", "unknown", lambda c, n: c.accounts.key("nora", "nothing")),
    Case(
        "accounts.edit_key",
        "one",
        lambda c, n: c.accounts.edit_key("nora", n["key"], SshKeyEdit(title="Home")),
    ),
    Case(
        "accounts.edit_key",
        "unknown",
        lambda c, n: c.accounts.edit_key("nora", "nothing", SshKeyEdit(title="Home")),
    ),
    Case("accounts.preview_keys", "some", looks()),
    Case("accounts.preview_keys", "no such user", looks(user="nobody")),
    Case("accounts.preview_keys", "other's", looks(), who="alice"),
    Case("accounts.fetch_keys", "chosen", fetches(fingerprints=(pair().get_fingerprint(),))),
    Case("accounts.fetch_keys", "all", fetches()),
    Case("accounts.fetch_keys", "all known", fetches()),
    Case("accounts.fetch_keys", "no such user", fetches(user="nobody")),
    Case("accounts.preview_keys", "known", looks()),
    Case("accounts.generate_key", "one", generates),
    Case(
        "accounts.generate_key",
        "unknown",
        lambda c, n: c.accounts.generate_key("nobody", SshKeyGeneration(title="x")),
    ),
    Case("accounts.private_key", "one", private_half),
    Case("accounts.private_key", "pasted", lambda c, n: c.accounts.private_key("nora", n["key"])),
    Case(
        "accounts.private_key",
        "own",
        lambda c, n: c.accounts.private_key("alice", n["generated"]),
        who="alice",
    ),
    Case("accounts.keys", "four", listed),
    Case("accounts.grants", "none", lambda c, n: c.accounts.grants()),
    Case("accounts.give_grant", "one", gives()),
    Case("accounts.give_grant", "again", gives(end=END)),
    Case("accounts.give_grant", "over", gives(end=utcnow() - timedelta(days=1))),
    Case("accounts.give_grant", "level 1", gives(account="mona")),
    Case("accounts.give_grant", "unknown", gives(account="nobody")),
    Case("accounts.give_grant", "by a person", gives(), who="alice"),
    Case("accounts.give_grant", "another", gives(cluster="borea")),
    Case("accounts.grants", "all", lambda c, n: c.accounts.grants()),
    Case("accounts.grants", "of a cluster", lambda c, n: c.accounts.grants(cluster="atlas")),
    Case("accounts.grants", "of nora", lambda c, n: c.accounts.grants(account="nora")),
    Case("accounts.grants", "own", lambda c, n: c.accounts.grants(), who="alice"),
    Case("accounts.grants", "other's", lambda c, n: c.accounts.grants(account="nora"), who="alice"),
    Case("accounts.grant", "one", lambda c, n: c.accounts.grant("atlas", "nora")),
    Case("accounts.grant", "unknown", lambda c, n: c.accounts.grant("atlas", "mona")),
    Case("accounts.edit_grant", "one", moves_end(END + timedelta(days=1))),
    Case("accounts.edit_grant", "over", moves_end(utcnow() - timedelta(days=1))),
    Case("accounts.leave_plan", "with keys", lambda c, n: c.accounts.leave_plan("nora")),
    Case("accounts.node_tokens", "none", lambda c, n: c.accounts.node_tokens()),
    Case("accounts.issue_node_token", "one", issues),
    Case("accounts.issue_node_token", "by a person", issues, who="alice"),
    Case("accounts.node_token", "one", lambda c, n: c.accounts.node_token(n["node-token"])),
    Case("accounts.node_token", "unknown", lambda c, n: c.accounts.node_token("nothing")),
    Case(
        "accounts.edit_node_token",
        "one",
        lambda c, n: c.accounts.edit_node_token(n["node-token"], NodeTokenEdit(title="all nodes")),
    ),
    Case(
        "accounts.edit_node_token",
        "unknown",
        lambda c, n: c.accounts.edit_node_token("nothing", NodeTokenEdit(title="x")),
    ),
    Case("accounts.authorized_keys", "by a program", asks()),
    Case(
        "accounts.authorized_keys",
        "one",
        asks(fingerprint=pair("ecdsa-sha2-nistp256").get_fingerprint()),
    ),
    Case("accounts.authorized_keys", "none", asks(user="mona")),
    Case("accounts.authorized_keys", "nobody", asks(user="")),
    Case("accounts.authorized_keys", "by a person", asks(user="alice"), who="alice"),
    Case("accounts.authorized_keys", "by a node", asks_as_node()),
    Case("accounts.authorized_keys", "by a node of another cluster", asks_as_node("borea")),
    Case("accounts.keys", "by a node", lambda c, n: as_node(c, n).accounts.keys("nora")),
    Case("accounts.node_tokens", "one", lambda c, n: c.accounts.node_tokens(cluster="atlas")),
    Case(
        "accounts.revoke_node_token",
        "one",
        lambda c, n: c.accounts.revoke_node_token(n["node-token"]),
    ),
    Case(
        "accounts.revoke_node_token",
        "again",
        lambda c, n: c.accounts.revoke_node_token(n["node-token"]),
    ),
    Case("accounts.authorized_keys", "by a revoked token", asks_as_node()),
    Case("accounts.take_grant", "one", lambda c, n: c.accounts.take_grant("atlas", "nora")),
    Case("accounts.take_grant", "again", lambda c, n: c.accounts.take_grant("atlas", "nora")),
    Case("accounts.authorized_keys", "without a grant", asks()),
    Case("accounts.remove_key", "one", lambda c, n: c.accounts.remove_key("nora", n["key"])),
    Case("accounts.remove_key", "again", lambda c, n: c.accounts.remove_key("nora", n["key"])),
]
