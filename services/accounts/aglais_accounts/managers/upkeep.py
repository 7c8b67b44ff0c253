"""What is forgotten by itself when its time is over."""

from __future__ import annotations

from datetime import timedelta

from aglais_accounts.managers.base import AccountsManager
from aglais_hub.models import utcnow

__all__ = ["UpkeepManager"]

ATTEMPTS_KEPT = timedelta(days=31)
"""Longer than any brake, and than a place where somebody logged in is known."""


class UpkeepManager(AccountsManager):
    """Keeps the tables short."""

    async def tidy(self) -> None:
        """Forget what nobody can use or count any more: codes, sign-ups, attempts and the like."""
        now = utcnow()
        async with self.writing() as stores:
            await stores.signups.forget_expired(now)
            await stores.codes.forget_expired(now)
            await stores.address_changes.forget_expired(now)
            await stores.attempts.forget_before(now - ATTEMPTS_KEPT)
