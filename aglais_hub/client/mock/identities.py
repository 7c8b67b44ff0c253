"""Identities, changes of address, visits and login tokens of the accounts service, in memory."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aglais_hub.client.mock.passwords import KEPT_NAMES, MockPasswords, unusable
from aglais_hub.client.mock.service import Asked, Given, answers, refused
from aglais_hub.errors import Conflict, InvalidRequest, NotFound
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountState, Level
from aglais_hub.models.identities import (
    EMAIL,
    AddressChange,
    AddressChangeRequest,
    Confirmation,
    ConfirmationRequest,
    Identity,
    IdentityRequest,
    LoginToken,
    LoginTokenRedemption,
    LoginTokenRequest,
    Registration,
    TokenLogin,
    Visit,
    VisitRequest,
)

__all__ = ["MockIdentities"]

READ, WRITE = scope("read", "identities"), scope("write", "identities")
SIGNUPS, TOKENS = scope("write", "signups"), scope("write", "login-tokens")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CONFIRMED = {"take-address": "new_confirmed_at", "leave-address": "old_confirmed_at"}


@dataclass(frozen=True)
class Kept:
    """What a code stands for."""

    purpose: str
    stands_for: Any
    expires_at: datetime


class MockIdentities(MockPasswords):
    """People who come from OAuth providers, or with login tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, Kept] = {}
        """What is consumed once: of registrations, addresses, login tokens."""
        self.moving: dict[str, AddressChange] = {}
        """Changes of address, by account."""

    def _code(self, purpose: str, stands_for: Any, life: timedelta) -> str:
        code = secrets.token_urlsafe(32)
        self.codes[code] = Kept(purpose, stands_for, utcnow() + life)
        return code

    def _usable(self, code: str, purpose: str) -> Kept | None:
        kept = self.codes.get(code)
        is_usable = kept and kept.purpose == purpose and kept.expires_at > utcnow()
        return kept if is_usable else None

    @answers("GET", "accounts/{name}/identities", READ)
    def listed(self, asked: Asked, name: str) -> list[Identity]:
        """List what an account logs in with."""
        asked.actor.require(READ, owner=name)
        self.account_of(name)
        return self._of(name)

    def _of(self, name: str) -> list[Identity]:
        return [one for one in self.identities.values() if one.account == name]

    @answers("POST", "accounts/{name}/identities", WRITE, status=201)
    def link(self, asked: Asked, name: str) -> Identity | Given:
        """Link one more."""
        request = asked.body(IdentityRequest)
        asked.actor.require(WRITE)
        _check_provider(request.provider)
        self._member(name)
        known = self.identity(request.provider, request.subject)
        if known is None:
            return self.identified(name, request.provider, request.subject, request.label)
        if known.account != name:
            raise _taken(request.label)
        return Given(known, 200)

    @answers("DELETE", "accounts/{name}/identities/{identifier}", WRITE, status=204)
    def unlink(self, asked: Asked, name: str, identifier: str) -> None:
        """Unlink one."""
        asked.actor.require(WRITE, owner=name)
        self._member(name)
        identity = self.identities.get(identifier)
        if identity is None or identity.account != name:
            raise NotFound(f"{name} has no such log-in.")
        if len(self._of(name)) == 1:
            message = f"This is the only way to log in as {name}."
            raise refused(Conflict, "last-way-in", message)
        del self.identities[identifier]
        if identity.provider == EMAIL:
            self.passwords.pop(name, None)
            self._stop_moving(name)

    def _member(self, name: str) -> Account:
        account = self.account_of(name)
        self._check_stays(account)
        if account.level is Level.ANONYMOUS:
            message = f"{name} is a guest. Register first, to log in again later."
            raise refused(Conflict, "guest-account", message)
        return account

    def _check_stays(self, account: Account) -> None:
        if account.state is AccountState.LEAVING:
            message = f"The account {account.name} is just being erased."
            raise refused(Conflict, "account-leaving", message)

    @answers("GET", "accounts/{name}/address", READ)
    def address_change(self, asked: Asked, name: str) -> AddressChange:
        """Return the change of address that is under way."""
        asked.actor.require(READ, owner=name)
        self.account_of(name)
        change = self._moving(name)
        if change is None:
            raise NotFound(f"{name} is not moving to another e-mail address.")
        return change

    def _moving(self, name: str) -> AddressChange | None:
        change = self.moving.get(name)
        return change if change and change.expires_at > utcnow() else None

    @answers("POST", "accounts/{name}/address", WRITE, status=202)
    def change_address(self, asked: Asked, name: str) -> AddressChange:
        """Begin a change of address."""
        request = asked.body(AddressChangeRequest)
        asked.actor.require(WRITE, owner=name)
        self._member(name)
        if request.address not in self.addresses(name):  # What is refused is not counted.
            self.press(f"address:{name}", 6, HOUR)
        return self._begin(name, request.address)

    def _begin(self, name: str, address: str) -> AddressChange:
        old = next(iter(self.addresses(name)), None)
        if old == address:
            message = f"{address} is the address of {name} already."
            raise refused(Conflict, "same-address", message)
        change = self._moving(name)
        if change is None or (change.old, change.new) != (old, address):
            change = AddressChange(
                account=name, old=old, new=address, old_confirmed_at=None,
                new_confirmed_at=None, expires_at=utcnow() + DAY,
            )  # fmt: skip
        self._stop_moving(name)
        self.moving[name] = change
        if change.old and change.old_confirmed_at is None:
            self._ask(change, "leave-address", change.old)
        if self.identity(EMAIL, change.new):
            self.mail(change.new, "address-known")
        elif change.new_confirmed_at is None:
            self._ask(change, "take-address", change.new)
        return change

    def _ask(self, change: AddressChange, purpose: str, address: str) -> None:
        code = str(self.mail(address, purpose, has_code=True))
        self.codes[code] = Kept(purpose, change.account, change.expires_at)

    def _stop_moving(self, name: str) -> None:
        self.moving.pop(name, None)
        mine = [c for c, one in self.codes.items() if one.purpose in CONFIRMED]
        for code in mine:
            if self.codes[code].stands_for == name:
                del self.codes[code]

    @answers("DELETE", "accounts/{name}/address", WRITE, status=204)
    def cancel_address(self, asked: Asked, name: str) -> None:
        """Give a change of address up."""
        asked.actor.require(WRITE, owner=name)
        self.account_of(name)
        if self._moving(name) is None:
            raise NotFound(f"{name} is not moving to another e-mail address.")
        self._stop_moving(name)

    def confirm_other(self, request: ConfirmationRequest) -> Confirmation | None:
        """Confirm an address of a change."""
        code = request.code.get_secret_value()
        found = next((p for p in CONFIRMED if self._usable(code, p)), None)
        if found is None:
            return None
        account = self._member(self.codes[code].stands_for)
        change = self.moving[account.name].model_copy(update={CONFIRMED[found]: utcnow()})
        is_complete = bool(change.new_confirmed_at and (change.old_confirmed_at or not change.old))
        if is_complete:
            self._finish(change)
        else:
            self.moving[account.name] = change
            del self.codes[code]
        return Confirmation(
            account=account, purpose=found, is_same_browser=False,
            is_complete=is_complete, next=None,
        )  # fmt: skip

    def _finish(self, change: AddressChange) -> None:
        if self.identity(EMAIL, change.new):
            message = f"{change.new} has an account of its own by now."
            raise refused(Conflict, "address-taken", message)
        self._stop_moving(change.account)
        old = self.identity(EMAIL, change.old or "")
        if old is None:
            self.identified(change.account, EMAIL, change.new, change.new)
            return
        moved = {"subject": change.new, "label": change.new}
        self.identities[old.id] = old.model_copy(update=moved)
        self.mail(old.subject, "address-changed")

    @answers("POST", "visits", SIGNUPS)
    def visit(self, asked: Asked) -> Visit:
        """Return the account of who comes from a provider, or how to get one."""
        request = asked.body(VisitRequest)
        asked.actor.require(SIGNUPS)
        _check_provider(request.provider)
        known = self.identity(request.provider, request.subject)
        if known is not None:
            account = self.account_of(known.account)
            self._check_stays(account)
            used = {"last_used_at": utcnow(), "label": request.label}
            self.identities[known.id] = known.model_copy(update=used)
            return _known(account)
        member = self.promoted(request.guest, request.display_name)
        if member is None:
            return self._invite(request)
        self._keep(member.name, request)
        return _known(member)

    def _invite(self, request: VisitRequest) -> Visit:
        owner = self.identity(EMAIL, request.address or "")
        is_theirs = bool(request.address and request.is_address_verified)
        doors = [one.provider for one in self._of(owner.account)] if owner and is_theirs else []
        return Visit(
            account=None,
            code=self._code("register", request, HOUR),
            name=self._free_name(request),
            needs_address=bool(doors) or not is_theirs,
            doors=tuple(doors),
        )

    def _free_name(self, request: VisitRequest) -> str:
        plain = re.sub(r"[^a-z0-9]+", "-", (request.wished_name or "member").lower()).strip("-")
        names = (plain, *(f"{plain}-{number}" for number in range(2, 1000)))
        return next(one for one in names if one not in self.known)

    def _keep(self, name: str, came: VisitRequest) -> None:
        if self.identity(came.provider, came.subject):
            raise _taken(came.label)
        identity = self.identified(name, came.provider, came.subject, came.label)
        self.identities[identity.id] = identity.model_copy(update={"last_used_at": utcnow()})
        if came.address is None:
            return
        if not came.is_address_verified:
            self._begin(name, came.address)
        elif self.identity(EMAIL, came.address) is None:
            self.identified(name, EMAIL, came.address, came.address)

    @answers("POST", "registrations", SIGNUPS, status=201)
    def register(self, asked: Asked) -> Account:
        """Make the account of who came for the first time."""
        request = asked.body(Registration)
        asked.actor.require(SIGNUPS)
        code = request.code.get_secret_value()
        kept = self._usable(code, "register")
        if kept is None:
            raise unusable()
        came: VisitRequest = kept.stands_for
        name = request.name or self._free_name(came)
        if name in KEPT_NAMES or name.startswith("guest-"):
            message = f"The name {name} is kept for the platform itself; choose another one."
            raise refused(InvalidRequest, "name-reserved", message)
        if self.identity(came.provider, came.subject):
            raise _taken(came.label)
        account = self.made(name, Level.BASIC, request.display_name or came.display_name)
        if request.address and request.address != came.address:
            typed = {"address": request.address, "is_address_verified": False}
            came = came.model_copy(update=typed)
        self._keep(name, came)
        del self.codes[code]
        return account

    @answers("POST", "accounts/{name}/login-tokens", TOKENS, status=201)
    def login_token(self, asked: Asked, name: str) -> LoginToken:
        """Make a URL that logs somebody in."""
        request = asked.body(LoginTokenRequest)
        asked.actor.require(TOKENS)
        self._check_stays(self.account_of(name))
        token = self._code(f"token-{request.purpose}", (name, request.next), MINUTE)
        more = "" if request.purpose == "login" else f"&purpose={request.purpose}"
        url = f"http://platform.test/hub/enter?code={token}{more}"
        return LoginToken(url=url, expires_at=self.codes[token].expires_at)

    @answers("POST", "login-tokens/redeem", SIGNUPS)
    def redeem(self, asked: Asked) -> TokenLogin:
        """Return whom a login token logs in."""
        request = asked.body(LoginTokenRedemption)
        asked.actor.require(SIGNUPS)
        token = request.token.get_secret_value()
        kept = self._usable(token, f"token-{request.purpose}")
        if kept is None:
            raise unusable()
        del self.codes[token]
        name, following = kept.stands_for
        account = self.account_of(name)
        self._check_stays(account)
        return TokenLogin(account=account, next=following)

    def forget(self, name: str) -> None:
        """Forget an account, what it logs in with, and its codes."""
        super().forget(name)
        self._stop_moving(name)
        tokens = [c for c, one in self.codes.items() if one.purpose.startswith("token-")]
        for code in tokens:
            if self.codes[code].stands_for[0] == name:
                del self.codes[code]


def _known(account: Account) -> Visit:
    return Visit(account=account, code=None, name=None, needs_address=False)


def _taken(label: str) -> Exception:
    return refused(Conflict, "identity-taken", f"{label} belongs to another account here.")


def _check_provider(provider: str) -> None:
    if provider == EMAIL:
        raise InvalidRequest("An e-mail address has to be confirmed by a mail.")
