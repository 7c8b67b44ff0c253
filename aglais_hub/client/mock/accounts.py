"""The accounts service in memory."""

from __future__ import annotations

import io
import json
import secrets
import tarfile
from collections.abc import Callable
from datetime import datetime, timedelta

from aglais_hub.client.mock.grants import MockGrants
from aglais_hub.client.mock.identities import MockIdentities
from aglais_hub.client.mock.limits import MockLimits
from aglais_hub.client.mock.service import Asked, answers, refused
from aglais_hub.errors import Conflict, NotFound, TooManyRequests
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import (
    Account,
    AccountRequest,
    AccountState,
    GuestRequest,
    Level,
    LevelLimits,
)
from aglais_hub.models.departures import (
    Belonging,
    Departure,
    DeparturePlan,
    DepartureRequest,
)
from aglais_hub.models.mails import MailRequest

__all__ = ["MockAccounts"]

READ, WRITE = scope("read", "accounts"), scope("write", "accounts")
WRITE_DEPARTURES = scope("write", "departures")
WRITE_MAILS = scope("write", "mails")
KEPT = ("identities", "changes", "keys")
STEPS = ("session", "admissions", "spaces", "hub-user", "bookings", "account")
MINUTE = timedelta(minutes=1)


class MockAccounts(MockLimits, MockIdentities, MockGrants):
    """Accounts and levels, and how people come in.

    Parameters
    ----------
    guest_limit, guests_per_minute
        Guests at once, and from one address in a minute.
    """

    def __init__(self, guest_limit: int, guests_per_minute: int) -> None:
        super().__init__()
        self.guest_limit, self.guests_per_minute = guest_limit, guests_per_minute
        self.clicks: list[tuple[str, datetime]] = []
        self.leaving: dict[str, Departure] = {}
        self.elsewhere: Callable[[str], list[Belonging]] = lambda _name: []
        """What the other parts have of an account."""

    @answers("POST", "guests", WRITE, status=201)
    def open_guest(self, asked: Asked) -> Account:
        """Make a guest."""
        request = asked.body(GuestRequest)
        asked.actor.require(WRITE)
        self._check_guests(request.address)
        self.clicks.append((request.address, utcnow()))
        return self.made(f"guest-{secrets.token_hex(6)}", Level.ANONYMOUS)

    def _check_guests(self, address: str) -> None:
        guests = [one for one in self.known.values() if one.level is Level.ANONYMOUS]
        recent = [at for where, at in self.clicks if where == address and utcnow() - at < MINUTE]
        if len(guests) >= self.guest_limit or len(recent) >= self.guests_per_minute:
            message = "All places for guests are taken. Please try again in a minute."
            raise refused(TooManyRequests, "guest-limit", message, retry_after=60)

    @answers("POST", "accounts", WRITE, status=201)
    def create_account(self, asked: Asked) -> Account:
        """Make an account by hand."""
        request = asked.body(AccountRequest)
        asked.actor.require(WRITE)
        return self.made(request.name, request.level)

    @answers("GET", "accounts", READ)
    def accounts(self, asked: Asked) -> list[Account]:
        """List accounts by name."""
        names = asked.query.get_list("name") or self.known
        known = (one for one in self.known.values() if one.name in names)
        seen = (one for one in known if asked.actor.holds(READ) or _own(asked, one))
        return sorted(seen, key=lambda account: account.name)

    @answers("GET", "accounts/{name}", READ)
    def account(self, asked: Asked, name: str) -> Account:
        """Return an account."""
        asked.actor.require(READ, owner=name)
        return self.account_of(name)

    @answers("POST", "accounts/{name}/leave", WRITE_DEPARTURES, status=202)
    def leave(self, asked: Asked, name: str) -> Departure:
        """Begin a departure; `MockPlatform.finish_departures` ends it."""
        request = asked.body(DepartureRequest)
        asked.actor.require(WRITE_DEPARTURES, owner=name)
        account = self.account_of(name)
        if name not in self.leaving and request.only_level not in {None, account.level}:
            message = f"{name} is of level {account.level.word} and stays."
            raise refused(Conflict, "level-changed", message)
        self.known[name] = account.model_copy(update={"state": AccountState.LEAVING})
        begun = Departure(name=name, reason=request.reason, requested_at=utcnow(), remaining=STEPS)
        return self.leaving.setdefault(name, begun)

    @answers("POST", "accounts/{name}/mails", WRITE_MAILS, status=204)
    def send_mail(self, asked: Asked, name: str) -> None:
        """Write to an account's owner, if there is an address."""
        request = asked.body(MailRequest)
        asked.actor.require(WRITE_MAILS)
        if self.account_of(name).state is AccountState.LEAVING:
            return
        for address in self.addresses(name):
            self.mail(address, request.subject)

    @answers("GET", "accounts/{name}/leave-plan", READ)
    def leave_plan(self, asked: Asked, name: str) -> DeparturePlan:
        """Return what would go."""
        asked.actor.require(READ, owner=name)
        account, own = self.account_of(name), [Belonging(what="account", count=1)]
        if keys := self.keys_of(name):
            own.append(Belonging(what="SSH keys", count=len(keys)))
        if grants := [one for one in self.granted.values() if one.account == name]:
            own.append(Belonging(what="clusters open to its SSH keys", count=len(grants)))
        if changes := self.changed.get(name):
            own.append(Belonging(what="entries of its history", count=len(changes)))
        belongings = (*self.elsewhere(name), *own)
        return DeparturePlan(name=name, level=account.level, belongings=belongings, unknown=())

    @answers("GET", "accounts/{name}/export", scope("read", "spaces"))
    def export(self, asked: Asked, name: str) -> bytes:
        """Return an archive of all that an account has, without files."""
        account = self.account(asked, name)
        if account.state is AccountState.LEAVING:
            message = f"What {name} has is just being erased."
            raise refused(Conflict, "account-leaving", message)
        told = {"account": name, "at": utcnow().isoformat(), "complete": True, "bytes": {}}
        lists = dict.fromkeys((*KEPT, "admissions", "bookings", "requests"), "[]")
        files = {"account": account.model_dump_json(), **lists, "manifest": json.dumps(told)}
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for file, text in files.items():
                member = tarfile.TarInfo(f"{file}.json")
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        return packed.getvalue()

    @answers("GET", "departures/{name}", READ)
    def departure(self, asked: Asked, name: str) -> Departure:
        """Return one departure."""
        asked.actor.require(READ, owner=name)
        if name not in self.leaving:
            raise NotFound(f"{name} is not on the way out.")
        return self.leaving[name]

    @answers("GET", "departures", READ)
    def departures(self, asked: Asked) -> list[Departure]:
        """List departures, first one first."""
        return [one for one in self.leaving.values() if asked.actor.holds(READ, one.name)]

    @answers("GET", "levels", READ)
    def levels(self, _asked: Asked) -> list[LevelLimits]:
        """List levels."""
        return list(self.of_levels.values())


def _own(asked: Asked, account: Account) -> bool:
    return account.name == asked.actor.name
