"""Sign-up, login and passwords of the accounts service, in memory."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from aglais_hub.client.mock.people import MockPeople
from aglais_hub.client.mock.service import Asked, answers, refused
from aglais_hub.errors import Conflict, Forbidden, InvalidRequest, NotFound
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountState, Level
from aglais_hub.models.identities import (
    EMAIL,
    Confirmation,
    ConfirmationRequest,
    PasswordChange,
    PasswordLogin,
    PasswordReset,
    PasswordResetRequest,
    ResendRequest,
    Signup,
    SignupRequest,
)

__all__ = ["MockPasswords"]

SIGNUPS, IDENTITIES = scope("write", "signups"), scope("write", "identities")
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
KEPT_NAMES = frozenset({"admin", "aglais", "root"})
"""Some of the names that nobody may choose."""


@dataclass(frozen=True)
class Pending:
    """A sign-up that has still to be confirmed."""

    request: SignupRequest
    name: str | None
    browser: str | None
    expires_at: datetime


class MockPasswords(MockPeople):
    """People with an address and a password."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: dict[str, Pending] = {}
        """Sign-ups, by code."""
        self.passwords: dict[str, str] = {}
        """By account."""
        self.resets: dict[str, str] = {}
        """Accounts, by code."""

    @answers("POST", "signups", SIGNUPS, status=202)
    def sign_up(self, asked: Asked) -> Signup:
        """Keep a sign-up and send its code."""
        request = asked.body(SignupRequest)
        asked.actor.require(SIGNUPS)
        name = self._wished(request)
        self._press_mails(request.address, request.came_from)
        browser = request.browser.get_secret_value() if request.browser else None
        for code, one in list(self.pending.items()):
            if browser == one.browser and browser and _is_instead(request, one.request):
                del self.pending[code]
        if name in self.known or (name and name in {one.name for one in self.pending.values()}):
            message = f"The name {name} is taken already; choose another one."
            raise refused(Conflict, "account-exists", message)
        _judge(request.password.get_secret_value(), request.address, request.name)
        expires_at = utcnow() + DAY
        self._send(Pending(request, name, browser, expires_at))
        return Signup(address=request.address, expires_at=expires_at)

    def _wished(self, request: SignupRequest) -> str | None:
        name = request.name
        if name is None:
            return None if request.guest else f"user-{secrets.token_hex(5)}"
        if name in KEPT_NAMES or name.startswith("guest-"):
            message = f"The name {name} is kept for the platform itself; choose another one."
            raise refused(InvalidRequest, "name-reserved", message)
        return name

    def _press_mails(self, address: str, came_from: str) -> None:
        self.press(f"mail:{address}:{came_from}", 5, HOUR)

    def _send(self, pending: Pending) -> None:
        address = pending.request.address
        if self.identity(EMAIL, address):
            self.mail(address, "have-account")
            self.pending[f"none-{secrets.token_hex(8)}"] = pending
        else:
            self.pending[str(self.mail(address, "confirm", has_code=True))] = pending

    @answers("POST", "signups/resend", SIGNUPS, status=202)
    def resend(self, asked: Asked) -> Signup:
        """Send the code of a sign-up of this browser once more."""
        request = asked.body(ResendRequest)
        asked.actor.require(SIGNUPS)
        self._press_mails(request.address, request.came_from)
        browser = request.browser.get_secret_value() if request.browser else None
        mine = (request.address, browser)
        codes = [c for c, p in self.pending.items() if (p.request.address, p.browser) == mine]
        if codes:
            self._send(self.pending.pop(codes[-1]))
        return Signup(address=request.address, expires_at=utcnow() + DAY)

    @answers("POST", "confirmations", SIGNUPS)
    def confirm(self, asked: Asked) -> Confirmation:
        """Confirm an address: each kind of code is tried."""
        request = asked.body(ConfirmationRequest)
        asked.actor.require(SIGNUPS)
        confirmed = self._confirm_signup(request) or self.confirm_other(request)
        if confirmed is None:
            raise unusable()
        return confirmed

    def confirm_other(self, _request: ConfirmationRequest) -> Confirmation | None:
        """Confirm something else than a sign-up; None: the code is for nothing else."""
        return None

    def _confirm_signup(self, request: ConfirmationRequest) -> Confirmation | None:
        code = request.code.get_secret_value()
        pending = self.pending.get(code)
        if pending is None or code.startswith("none-") or pending.expires_at < utcnow():
            return None
        asked = pending.request
        if self.identity(EMAIL, asked.address):
            message = f"{asked.address} belongs to an account already."
            raise refused(Conflict, "address-taken", message)
        account = self.promoted(asked.guest, asked.display_name) or self.made(
            pending.name or f"user-{secrets.token_hex(5)}", Level.BASIC, asked.display_name
        )
        self.pending = {c: p for c, p in self.pending.items() if p.request.address != asked.address}
        self.identified(account.name, EMAIL, asked.address, asked.address)
        self.passwords[account.name] = asked.password.get_secret_value()
        browser = request.browser.get_secret_value() if request.browser else None
        return Confirmation(
            account=account,
            purpose="signup",
            is_same_browser=browser is not None and browser == pending.browser,
            is_complete=True,
            next=asked.next,
        )

    @answers("POST", "logins", SIGNUPS)
    def log_in(self, asked: Asked) -> Account:
        """Return the account of an address and a password."""
        request = asked.body(PasswordLogin)
        asked.actor.require(SIGNUPS)
        bucket = f"login:{request.address}:{request.came_from}"
        self.press(bucket, 10, QUARTER)
        identity = self.identity(EMAIL, request.address)
        account = self.known[identity.account] if identity else None
        right = account and self.passwords.get(account.name)
        is_right = right == request.password.get_secret_value()
        if account is None or not is_right or account.state is AccountState.LEAVING:
            raise refused(Forbidden, "login-refused", "The address or the password is wrong.")
        self.release(bucket)
        return account

    @answers("POST", "password-resets", SIGNUPS, status=204)
    def request_reset(self, asked: Asked) -> None:
        """Send a code, if there is an account."""
        request = asked.body(PasswordResetRequest)
        asked.actor.require(SIGNUPS)
        self._press_mails(request.address, request.came_from)
        identity = self.identity(EMAIL, request.address)
        if identity:
            code = self.mail(request.address, "reset", has_code=True)
            self.resets[str(code)] = identity.account

    @answers("POST", "password-resets/redeem", SIGNUPS)
    def reset_password(self, asked: Asked) -> Account:
        """Set a password with a code."""
        request = asked.body(PasswordReset)
        asked.actor.require(SIGNUPS)
        name = self.resets.get(request.code.get_secret_value())
        if name is None:
            raise unusable()
        self._set(name, request.password.get_secret_value())
        return self.account_of(name)

    @answers("POST", "accounts/{name}/password", IDENTITIES, status=204)
    def change_password(self, asked: Asked, name: str) -> None:
        """Set another password."""
        request = asked.body(PasswordChange)
        asked.actor.require(IDENTITIES, owner=name)
        self.account_of(name)
        if not self.addresses(name):
            message = f"{name} has no e-mail address to log in with. Add one first."
            raise refused(Conflict, "no-address", message)
        known = self.passwords.get(name)
        if known is not None and request.current is None:
            raise InvalidRequest("current: Say the present password as well.")
        if known is not None and request.current.get_secret_value() != known:  # type: ignore[union-attr]
            raise refused(Forbidden, "wrong-password", "The present password is another one.")
        self._set(name, request.password.get_secret_value())

    def _set(self, name: str, password: str) -> None:
        _judge(password, name, *self.addresses(name))
        self.passwords[name] = password
        self.resets = {code: owner for code, owner in self.resets.items() if owner != name}
        for address in self.addresses(name):
            self.mail(address, "password-changed")


def unusable() -> Exception:
    """Return the refusal of a code."""
    message = "This link or code was used already, or is too old. Please ask for a new one."
    return refused(NotFound, "code-unusable", message)


def _is_instead(now: SignupRequest, before: SignupRequest) -> bool:
    """Tell whether somebody means this instead, in the same browser."""
    same_name = now.name is not None and now.name == before.name
    same_guest = now.guest is not None and now.guest == before.guest
    return now.address == before.address or same_name or same_guest


def _judge(password: str, *words: str | None) -> None:
    # Only here: it reads lists of words, which not every program needs.
    from zxcvbn import zxcvbn

    if zxcvbn(password[:32], [word for word in words if word])["score"] < 3:
        raise refused(InvalidRequest, "weak-password", "This password is easy to guess.")
