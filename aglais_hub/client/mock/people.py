"""What the mock of the accounts service knows of people: accounts, identities, mails."""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from aglais_hub.client.mock.service import MockService, refused
from aglais_hub.errors import Conflict, NotFound, TooManyRequests
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountState, Level, LevelLimits
from aglais_hub.models.identities import EMAIL, Identity

__all__ = ["MockMail", "MockPeople"]

MIB, GIB, DAY = 2**20, 2**30, 86_400
COLUMNS = tuple(name for name in LevelLimits.model_fields if name != "level")
LEVELS = {
    Level.ANONYMOUS: (
        *(20, 16 * MIB, None, GIB, 10_000, None, 0, 0, None, None, None, 1),
        *(8 * 3600, 1800),
    ),
    Level.BASIC: (
        *(200, 256 * MIB, 365 * DAY, 5 * GIB, 100_000, 7 * DAY),
        *(10 * GIB, 100_000, 180 * DAY, None, None, 1, None, 365 * DAY),
    ),
    Level.CUSTOM: (
        *(1000, GIB, None, 20 * GIB, 1_000_000, 30 * DAY),
        *(50 * GIB, 1_000_000, 365 * DAY, None, None, 4, None, None),
    ),
}
"""What levels give at first, in the order of the model's fields."""


@dataclass(frozen=True)
class MockMail:
    """A mail that the service would send."""

    address: str
    about: str
    """Name of its text: ``confirm``, ``have-account``, ``reset``, ``password-changed`` ..."""
    code: str | None = None
    """The secret of its link."""


class MockPeople(MockService):
    """Accounts and what they log in with; the nouns of the service answer on top of it."""

    name = "accounts"

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Account] = {}
        self.identities: dict[str, Identity] = {}
        self.mails: list[MockMail] = []
        """All mails so far, oldest first."""
        self.of_levels = {
            level: LevelLimits(level=level, **dict(zip(COLUMNS, given, strict=True)))
            for level, given in LEVELS.items()
        }
        self._pressed: dict[str, list[datetime]] = defaultdict(list)

    def made(self, name: str, level: Level, display_name: str | None = None) -> Account:
        """Make an account."""
        if name in self.known:
            message = f"There is an account {name} already; choose another name."
            raise refused(Conflict, "account-exists", message)
        now, limits = utcnow(), self.of_levels[level]
        life = limits.lifetime_seconds
        self.known[name] = Account(
            name=name,
            level=level,
            state=AccountState.ACTIVE,
            display_name=display_name,
            created_at=now,
            expires_at=now + timedelta(seconds=life) if life else None,
            limits=limits,
        )
        return self.known[name]

    def promoted(self, guest: str | None, display_name: str | None = None) -> Account | None:
        """Make a guest a member; None where it is no guest (any more)."""
        account = self.known.get(guest or "")
        if account is None or account.level or account.state is not AccountState.ACTIVE:
            return None
        change = {
            "level": Level.BASIC,
            "limits": self.of_levels[Level.BASIC],
            "expires_at": None,
            "display_name": display_name or account.display_name,
        }
        self.known[account.name] = account.model_copy(update=change)
        return self.known[account.name]

    def account_of(self, name: str) -> Account:
        """Return an account."""
        if name not in self.known:
            raise NotFound(f"There is no account {name}.")
        return self.known[name]

    def identity(self, provider: str, subject: str) -> Identity | None:
        """Return the identity that somebody has come with."""
        found = (
            one
            for one in self.identities.values()
            if (one.provider, one.subject) == (provider, subject) and one.account in self.known
        )
        return next(found, None)

    def identified(self, account: str, provider: str, subject: str, label: str) -> Identity:
        """Let an account log in with an identity."""
        identifier = uuid4().hex
        self.identities[identifier] = Identity(
            id=identifier,
            account=account,
            provider=provider,
            subject=subject,
            label=label,
            created_at=utcnow(),
            last_used_at=None,
        )
        return self.identities[identifier]

    def forget(self, name: str) -> None:
        """Forget an account and what it logs in with."""
        self.known.pop(name, None)
        self.identities = {k: one for k, one in self.identities.items() if one.account != name}

    def addresses(self, account: str) -> list[str]:
        """Return the addresses of an account."""
        mine = (one for one in self.identities.values() if one.account == account)
        return [one.subject for one in mine if one.provider == EMAIL]

    def mail(self, address: str, about: str, *, has_code: bool = False) -> str | None:
        """Send a mail, and return the secret of its link."""
        code = secrets.token_urlsafe(32) if has_code else None
        self.mails.append(MockMail(address, about, code))
        return code

    def code_to(self, address: str) -> str:
        """Return the secret of the last mail to an address that has one."""
        codes = [mail.code for mail in self.mails if mail.address == address]
        return next(code for code in reversed(codes) if code)

    def press(self, bucket: str, limit: int, period: timedelta) -> None:
        """Refuse what was done too often."""
        now = utcnow()
        recent = [at for at in self._pressed[bucket] if now - at < period]
        if len(recent) >= limit:
            message = "This was tried too often just now."
            raise refused(TooManyRequests, "too-many-attempts", message, retry_after=60)
        self._pressed[bucket] = [*recent, now]

    def release(self, bucket: str) -> None:
        """Forget what was done."""
        self._pressed.pop(bucket, None)
