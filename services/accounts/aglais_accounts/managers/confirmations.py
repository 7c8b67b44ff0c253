"""What a code out of a mail confirms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aglais_accounts.managers.base import SIGNUPS, AccountsManager, Stores
from aglais_accounts.managers.codes import CodeUnusableError, code_brake
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.identities import Confirmation, ConfirmationRequest
from aglais_hub.service import Context

__all__ = ["Confirmable", "ConfirmationManager", "Confirmed"]


@dataclass(frozen=True)
class Confirmed:
    """What was confirmed, and the event that says so once it is true."""

    confirmation: Confirmation
    event: str
    facts: dict[str, Any]


class Confirmable(Protocol):
    """Something that waits for a code."""

    async def redeem(
        self, stores: Stores, request: ConfirmationRequest, now: datetime
    ) -> Confirmed | None:
        """Take the code and do what it is for, in this transaction; None: it is none of ours.

        An error takes all of it back, so that the code stays usable.
        """


class ConfirmationManager(AccountsManager):
    """Confirms, by asking one kind of thing after the other.

    Parameters
    ----------
    kinds
        Whatever may have sent a code by mail.
    """

    def __init__(self, context: Context, kinds: Sequence[Confirmable]) -> None:
        super().__init__(context)
        self.kinds = kinds

    async def confirm(self, actor: Actor, request: ConfirmationRequest) -> Confirmation:
        """Do what a code was sent for; of many who try, one gets it.

        Raises
        ------
        CodeUnusableError
            It was used, is too old, or never was one.
        """
        actor.require(SIGNUPS)
        now, brake = utcnow(), code_brake(request.came_from)
        async with self.writing() as stores:
            await brake.check(stores.attempts, now)
            confirmed = await self._first(stores, request, now)
            if confirmed is None:
                await stores.attempts.add(brake.bucket, now)
        if confirmed is None:
            raise CodeUnusableError(
                "If you have confirmed already, just log in; otherwise ask for another mail."
            )
        self.events.publish(confirmed.event, **confirmed.facts)
        return confirmed.confirmation

    async def _first(
        self, stores: Stores, request: ConfirmationRequest, now: datetime
    ) -> Confirmed | None:
        for kind in self.kinds:
            if (confirmed := await kind.redeem(stores, request, now)) is not None:
                return confirmed
        return None
