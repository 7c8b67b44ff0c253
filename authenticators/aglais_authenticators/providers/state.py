"""What a browser keeps of a login that is under way at a provider: one cookie for each."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from aglais_hub.models import AccountName, Model
from aglais_hub.models.identities import NextPath
from aglais_hub.models.identities import Provider as ProviderName

__all__ = [
    "LIFETIME_SECONDS",
    "Begun",
    "Choice",
    "SpentStates",
    "forget",
    "keep",
    "new_state_id",
    "recall",
    "state_id_in",
]

LIFETIME_SECONDS = 600
"""How long somebody may take at the provider."""

PREFIX = "aglais-login-"
CHOICE = "aglais-choice"
MOST_AT_ONCE = 5
"""Logins under way in one browser; the oldest is given up, so that cookies do not pile up."""

SECONDS_PER_DAY = 86400


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
        self.until[state_id] = now + 2 * LIFETIME_SECONDS
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


def keep(handler: Any, name: str, value: Model, path: str) -> None:
    """Set a signed cookie that only the pages of providers are sent."""
    handler._set_cookie(  # noqa: SLF001 - JupyterHub: "Setting any cookie should go through here"
        name,
        value.model_dump_json(),
        expires_days=None,
        max_age=LIFETIME_SECONDS,
        path=path,
        samesite="Lax",
    )


def recall(handler: Any, name: str, kind: type[Model]) -> Any:
    """Return what a cookie holds, if it was signed by this Hub not long ago."""
    value = handler.get_secure_cookie(name, max_age_days=LIFETIME_SECONDS / SECONDS_PER_DAY)
    try:
        return kind.model_validate_json(value) if value else None
    except ValidationError:
        return None


def forget(handler: Any, *names: str, path: str) -> None:
    """Clear cookies."""
    for name in names:
        handler.clear_cookie(name, path=path)


def too_many(handler: Any) -> list[str]:
    """Return the cookies of the oldest logins under way that have to make room for one more."""
    begun = sorted(name for name in handler.request.cookies if name.startswith(PREFIX))
    return begun[: max(0, len(begun) + 1 - MOST_AT_ONCE)]
