"""What a browser keeps of a login that is under way at a provider: one cookie for each."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aglais_authenticators.handlers.kept import Kept
from aglais_hub.models import AccountName, Model
from aglais_hub.models.identities import NextPath
from aglais_hub.models.identities import Provider as ProviderName

__all__ = [
    "CHOICE",
    "Begun",
    "Choice",
    "SpentStates",
    "kept",
    "make_room",
    "new_state_id",
    "state_id_in",
]

LIFETIME = timedelta(minutes=10)
"""How long somebody may take at the provider."""

PREFIX = "aglais-login-"
MOST_AT_ONCE = 5
"""Logins under way in one browser; the oldest is given up, so that cookies do not pile up."""

CHOICE = Kept("aglais-choice", LIFETIME)
"""What a guest is asked who turned out to have an account."""


class Begun(Model):
    """A login that was begun.

    It holds oauthenticator's own state, with the secret of PKCE; the cookie's name holds the state
    that the provider sends back, so that tabs do not take each other's place.
    """

    provider: ProviderName
    protocol: str
    next: NextPath | None = None
    link: AccountName | None = None
    """Account that the identity is to be linked to, instead of a login."""


class Choice(Model):
    """A guest turned out to have an account: which of the two goes on is still to be said."""

    provider: ProviderName
    account: AccountName
    guest: AccountName
    next: NextPath | None = None


@dataclass
class SpentStates:
    """States that came back once; a browser's cookie can be copied, so it is not the memory."""

    until: dict[str, float] = field(default_factory=dict)

    def spend(self, state_id: str) -> bool:
        """Use a state; tells whether this was the first time."""
        now = time.monotonic()
        self.until = {one: end for one, end in self.until.items() if end > now}
        if state_id in self.until:
            return False
        self.until[state_id] = now + 2 * LIFETIME.total_seconds()
        return True


def new_state_id() -> str:
    """Return a state that nobody can guess; states sort by when they were made."""
    return f"{int(time.time()):010x}{secrets.token_hex(16)}"


def state_id_in(state: str) -> str | None:
    """Return the state's id in what a provider sent back, as oauthenticator packs it."""
    try:
        found = json.loads(base64.urlsafe_b64decode(state.encode("ascii")))["state_id"]
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
    return found if isinstance(found, str) and found.isalnum() and found.isascii() else None


def kept(state_id: str) -> Kept:
    """Return the cookie of one login."""
    return Kept(PREFIX + state_id, LIFETIME)


def make_room(handler: Any) -> None:
    """Give up the oldest logins under way, so that there is room for one more."""
    begun = sorted(name for name in handler.request.cookies if name.startswith(PREFIX))
    for name in begun[: max(0, len(begun) + 1 - MOST_AT_ONCE)]:
        Kept(name, LIFETIME).drop(handler)
