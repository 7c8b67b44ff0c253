"""Who books: what the accounts service says of an account, asked before any transaction."""

from __future__ import annotations

import time

from aglais_booking.refusals import BookingNotAllowedError
from aglais_booking.rules.booking import Booker
from aglais_hub.errors import Unavailable
from aglais_hub.models.accounts import Account, AccountState
from aglais_hub.service import Context

__all__ = ["Bookers"]

FRESH_SECONDS = 5.0
"""How long an answer holds: who books five times in a row asks accounts once."""

MOST = 10_000
"""Accounts of which an answer is kept."""


class Bookers:
    """Knows accounts for a few seconds."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._known: dict[str, tuple[float, Booker]] = {}

    async def of(self, name: str) -> Booker:
        """Return what is to be known of an account.

        Raises
        ------
        NotFound
            There is no such account.
        BookingNotAllowedError
            The account is on its way out.
        Unavailable
            The accounts service does not answer.
        """
        asked_at, booker = self._known.get(name, (0.0, None))
        if booker is not None and time.monotonic() < asked_at + FRESH_SECONDS:
            return booker
        if self.context.database.in_transaction:
            # Whoever opens one asks before. No transaction may wait for another service.
            if booker is not None:
                return booker
            raise Unavailable("That took too long. Please try again.", retry_after=1)
        return self._keep(await self.context.clients.accounts.account(name))

    def _keep(self, account: Account) -> Booker:
        if account.state is not AccountState.ACTIVE:
            self._known.pop(account.name, None)
            raise BookingNotAllowedError(
                f"The account {account.name} is being removed; it cannot book any more."
            )
        booker = Booker(account.name, account.level, account.limits.bookable_packages)
        # The one that was asked for longest ago goes first.
        self._known.pop(account.name, None)
        self._known[account.name] = (time.monotonic(), booker)
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]
        return booker
