"""Cases of visits, identities, changes of address and login tokens."""

from __future__ import annotations

from typing import Any

from aglais_hub.client import ServiceClients
from aglais_hub.models.identities import (
    AddressChangeRequest,
    IdentityRequest,
    LoginTokenRedemption,
    LoginTokenRequest,
    Registration,
    VisitRequest,
)
from tests.client.case import Act, Case, Notes
from tests.client.password_cases import confirms

HERE = "192.0.2.40"


def comes(subject: str, provider: str = "github", note: str = "", **more: Any) -> Act:
    given = {"provider": provider, "subject": subject, "label": f"person {subject}"}
    request = VisitRequest.model_validate(given | {"came_from": HERE} | more)

    async def act(clients: ServiceClients, notes: Notes) -> Any:
        visit = await clients.accounts.visit(request)
        notes[note or "visit"] = visit.code
        return visit.model_copy(update={"code": visit.code and "a code"})

    return act


async def guest_comes(clients: ServiceClients, notes: Notes) -> Any:
    guests = [one.name for one in await clients.accounts.accounts() if one.level == 0]
    return await comes("guest", guest=min(guests))(clients, notes)


def registers(name: str | None, note: str = "visit", **more: Any) -> Act:
    async def act(clients: ServiceClients, notes: Notes) -> Any:
        given = {"code": notes.get(note) or note, "name": name, "came_from": HERE} | more
        return await clients.accounts.register(Registration.model_validate(given))

    return act


def links(name: str, subject: str, provider: str = "orcid") -> Act:
    request = IdentityRequest(provider=provider, subject=subject, label=f"person {subject}")
    return lambda c, n: c.accounts.link(name, request)


def unlinks(name: str, provider: str = "") -> Act:
    async def act(clients: ServiceClients, notes: Notes) -> Any:
        identifier = "nothing"
        if provider:
            found = await clients.accounts.identities(name)
            identifier = next(one.id for one in found if one.provider == provider)
        return await clients.accounts.unlink(name, identifier)

    return act


def moves(name: str, person: str) -> Act:
    request = AddressChangeRequest(address=f"{person}@example.org")
    return lambda c, n: c.accounts.change_address(name, request)


async def moves_too_often(clients: ServiceClients, notes: Notes) -> Any:
    for number in range(7):
        changed = await moves("ivan", f"often-{number}")(clients, notes)
    return changed


def asks_token(name: str, **more: Any) -> Act:
    request = LoginTokenRequest.model_validate(more)

    async def act(clients: ServiceClients, notes: Notes) -> Any:
        token = await clients.accounts.login_token(name, request)
        before, _, notes["token"] = token.url.partition("?code=")
        notes["token"] = notes["token"].partition("&")[0]
        return [before.partition("/hub/")[2], token.url.partition("&")[2]]

    return act


def redeems(purpose: str = "login") -> Act:
    async def act(clients: ServiceClients, notes: Notes) -> Any:
        given = {"token": notes.get("token", "none"), "purpose": purpose, "came_from": HERE}
        return await clients.accounts.redeem(LoginTokenRedemption.model_validate(given))

    return act


IDENTITIES = [
    Case("accounts.visit", "new", comes("1", wished_name="Ivan")),
    Case("accounts.register", "taken", registers("user-03")),
    Case("accounts.register", "reserved", registers("admin")),
    Case("accounts.register", "as a guest", registers("guest-0123456789ab")),
    Case("accounts.register", "one", registers("ivan", display_name="Ivan")),
    Case("accounts.register", "twice", registers("ivan-2")),
    Case("accounts.register", "unknown", registers("ivan-2", note="nothing")),
    Case("accounts.visit", "known", comes("1")),
    Case("accounts.visit", "address of erin", comes(
        "2", address="erin@example.org", is_address_verified=True, wished_name="judy")),
    Case("accounts.register", "without it", registers(None)),
    Case("accounts.visit", "address of nobody", comes(
        "3", address="kim@example.org", is_address_verified=True, wished_name="kim")),
    Case("accounts.register", "with it", registers("kim")),
    Case("accounts.visit", "taken wish", comes("4", wished_name="kim")),
    Case("accounts.visit", "guest", guest_comes),
    Case("accounts.visit", "twice", comes("5", note="first", wished_name="leo")),
    Case("accounts.visit", "again", comes("5", note="second", wished_name="leo")),
    Case("accounts.register", "first", registers("leo", note="first")),
    Case("accounts.register", "second", registers("leo-2", note="second")),
    Case("accounts.visit", "e-mail", comes("kim@example.org", "email")),
    Case("accounts.visit", "own", comes("6"), who="alice"),
    Case("accounts.identities", "two", lambda c, n: c.accounts.identities("kim")),
    Case("accounts.identities", "unknown", lambda c, n: c.accounts.identities("nothing")),
    Case("accounts.identities", "own", lambda c, n: c.accounts.identities("alice"), who="alice"),
    Case("accounts.identities", "other's", lambda c, n: c.accounts.identities("kim"), who="alice"),
    Case("accounts.link", "one", links("ivan", "9")),
    Case("accounts.link", "again", links("ivan", "9")),
    Case("accounts.link", "taken", links("kim", "9")),
    Case("accounts.link", "e-mail", links("kim", "kim@example.com", "email")),
    Case("accounts.link", "unknown", links("nothing", "8")),
    Case("accounts.link", "leaving", links("user-00", "8")),
    Case("accounts.link", "own", links("alice", "8"), who="alice"),
    Case("accounts.unlink", "unknown", unlinks("ivan")),
    Case("accounts.unlink", "one", unlinks("ivan", "orcid")),
    Case("accounts.unlink", "last", unlinks("ivan", "github")),
    Case("accounts.unlink", "other's", lambda c, n: c.accounts.unlink("kim", "x"), who="alice"),
    Case("accounts.address_change", "none", lambda c, n: c.accounts.address_change("ivan")),
    Case("accounts.change_address", "first", moves("ivan", "ivan")),
    Case("accounts.change_address", "once more", moves("ivan", "ivan")),
    Case("accounts.address_change", "one", lambda c, n: c.accounts.address_change("ivan")),
    Case("accounts.address_change", "other's",
         lambda c, n: c.accounts.address_change("ivan"), who="alice"),
    Case("accounts.confirm", "new address", confirms("ivan")),
    Case("accounts.change_address", "same", moves("ivan", "ivan")),
    Case("accounts.change_address", "next", moves("ivan", "ivan2")),
    Case("accounts.confirm", "old address", confirms("ivan")),
    Case("accounts.address_change", "half", lambda c, n: c.accounts.address_change("ivan")),
    Case("accounts.confirm", "both", confirms("ivan2")),
    Case("accounts.identities", "moved", lambda c, n: c.accounts.identities("ivan")),
    Case("accounts.change_address", "of kim", moves("ivan", "kim")),
    Case("accounts.cancel_address", "one", lambda c, n: c.accounts.cancel_address("ivan")),
    Case("accounts.cancel_address", "none", lambda c, n: c.accounts.cancel_address("ivan")),
    Case("accounts.cancel_address", "other's",
         lambda c, n: c.accounts.cancel_address("ivan"), who="alice"),
    Case("accounts.change_address", "unknown", moves("nothing", "x")),
    Case("accounts.change_address", "other's", moves("ivan", "x"), who="alice"),
    Case("accounts.change_address", "too often", moves_too_often),
    Case("accounts.unlink", "address", unlinks("ivan", "email")),
    Case("accounts.login_token", "one", asks_token("ivan", next="/hub/home")),
    Case("accounts.redeem", "other purpose", redeems("reset")),
    Case("accounts.redeem", "one", redeems()),
    Case("accounts.redeem", "twice", redeems()),
    Case("accounts.login_token", "purpose", asks_token("ivan", purpose="upload")),
    Case("accounts.redeem", "purpose", redeems("upload")),
    Case("accounts.login_token", "unknown", asks_token("nothing")),
    Case("accounts.login_token", "leaving", asks_token("user-00")),
    Case("accounts.login_token", "own", asks_token("alice"), who="alice"),
]  # fmt: skip
