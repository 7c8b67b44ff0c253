"""Cases of sign-up, login and passwords."""

from __future__ import annotations

from typing import Any

from aglais_hub.client import ServiceClients
from aglais_hub.models.accounts import AccountRequest
from aglais_hub.models.identities import (
    ConfirmationRequest,
    PasswordChange,
    PasswordLogin,
    PasswordReset,
    PasswordResetRequest,
    ResendRequest,
    SignupRequest,
)
from tests.client.case import Act, Case, Notes

GOOD, BETTER, BEST = (
    "a-long-enough-secret 7",
    "another long enough one 8",
    "the third of them all 9",
)


def signs_up(person: str, **more: Any) -> Act:
    given = {"address": f"{person}@example.org", "password": GOOD, "came_from": "192.0.2.1"} | more
    return lambda c, n: c.accounts.sign_up(SignupRequest.model_validate(given))


def asks_again(person: str, browser: str | None = None) -> Act:
    request = {"address": f"{person}@example.org", "browser": browser, "came_from": "192.0.2.2"}
    return lambda c, n: c.accounts.resend(ResendRequest.model_validate(request))


def logs_in(person: str, password: str = GOOD, came_from: str = "192.0.2.1") -> Act:
    given = {"address": f"{person}@example.org", "password": password, "came_from": came_from}
    return lambda c, n: c.accounts.log_in(PasswordLogin.model_validate(given))


def confirms(person: str, browser: str | None = None) -> Act:
    async def act(clients: ServiceClients, notes: Notes) -> Any:
        notes["code"] = await notes["code_to"](f"{person}@example.org")
        return await confirm(clients, notes["code"], browser)

    return act


async def confirm(clients: ServiceClients, code: str, browser: str | None = None) -> Any:
    request = {"code": code, "browser": browser, "came_from": "192.0.2.1"}
    return await clients.accounts.confirm(ConfirmationRequest.model_validate(request))


async def guest_signs_up(clients: ServiceClients, notes: Notes) -> Any:
    guests = [one.name for one in await clients.accounts.accounts() if one.level == 0]
    return await signs_up("gina", guest=min(guests))(clients, notes)


def forgets(person: str) -> Act:
    given = {"address": f"{person}@example.org", "came_from": "192.0.2.3"}
    request = PasswordResetRequest.model_validate(given)
    return lambda c, n: c.accounts.request_reset(request)


def resets(person: str, password: str) -> Act:
    async def act(clients: ServiceClients, notes: Notes) -> Any:
        if person:
            notes["reset"] = await notes["code_to"](f"{person}@example.org")
        given = {"code": notes["reset"], "password": password, "came_from": "192.0.2.3"}
        return await clients.accounts.reset_password(PasswordReset.model_validate(given))

    return act


def changes(name: str, password: str, current: str | None = None) -> Act:
    change = PasswordChange.model_validate({"password": password, "current": current})
    return lambda c, n: c.accounts.change_password(name, change)


async def too_often(clients: ServiceClients, notes: Notes) -> Any:
    for _ in range(10):
        try:
            await logs_in("nobody", came_from="192.0.2.9")(clients, notes)
        except Exception as refused:
            last = refused
    assert "wrong" in str(last)
    return await logs_in("nobody", came_from="192.0.2.9")(clients, notes)


async def too_many_mails(clients: ServiceClients, notes: Notes) -> Any:
    for _ in range(5):
        await asks_again("hugo")(clients, notes)
    return await asks_again("hugo")(clients, notes)


PASSWORDS = [
    Case("accounts.sign_up", "weak", signs_up("erin", password="password1")),
    Case("accounts.sign_up", "reserved", signs_up("erin", name="admin")),
    Case("accounts.sign_up", "as a guest", signs_up("erin", name="guest-0123456789ab")),
    Case("accounts.sign_up", "taken name", signs_up("erin", name="user-03")),
    Case("accounts.sign_up", "one", signs_up("erin", name="erin", browser="b", next="/hub/home")),
    Case("accounts.sign_up", "kept name", signs_up("fred", name="erin")),
    Case("accounts.sign_up", "own", signs_up("fred", name="fred"), who="alice"),
    Case("accounts.resend", "one", asks_again("erin", "b")),
    Case("accounts.resend", "unknown", asks_again("nobody")),
    Case("accounts.resend", "too many", too_many_mails),
    Case("accounts.confirm", "unknown", lambda c, n: confirm(c, "x" * 43)),
    Case("accounts.confirm", "one", confirms("erin", "b")),
    Case("accounts.confirm", "twice", lambda c, n: confirm(c, n["code"])),
    Case("accounts.sign_up", "guest", guest_signs_up),
    Case("accounts.confirm", "guest", confirms("gina")),
    Case("accounts.sign_up", "known", signs_up("erin", name="another")),
    Case("accounts.log_in", "one", logs_in("erin")),
    Case("accounts.log_in", "wrong", logs_in("erin", BETTER)),
    Case("accounts.log_in", "unknown", logs_in("nobody")),
    Case("accounts.log_in", "too often", too_often),
    Case("accounts.request_reset", "unknown", forgets("nobody")),
    Case("accounts.request_reset", "one", forgets("erin")),
    Case("accounts.reset_password", "weak", resets("erin", "password1")),
    Case("accounts.reset_password", "one", resets("erin", BETTER)),
    Case("accounts.reset_password", "twice", resets("", BETTER)),
    Case("accounts.log_in", "old", logs_in("erin", GOOD)),
    Case("accounts.log_in", "new", logs_in("erin", BETTER)),
    Case("accounts.change_password", "wrong", changes("erin", BEST, GOOD)),
    Case("accounts.change_password", "not said", changes("erin", BEST)),
    Case("accounts.change_password", "weak", changes("erin", "erin", BETTER)),
    Case("accounts.change_password", "one", changes("erin", BEST, BETTER)),
    Case("accounts.change_password", "other's", changes("erin", BEST, BEST), who="alice"),
    Case("accounts.change_password", "unknown", changes("nobody", BEST)),
    Case(
        "accounts.create_account",
        "without address",
        lambda c, n: c.accounts.create_account(AccountRequest(name="zoe")),
    ),
    Case("accounts.change_password", "no address", changes("zoe", BEST)),
    Case("accounts.log_in", "changed", logs_in("erin", BEST)),
]
