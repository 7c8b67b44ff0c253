"""Booking services that break a promise each: ``python -m tests.booking.harness.broken naive``.

They show that the checker would notice. Each is the real service with one thing replaced.
"""

from __future__ import annotations

import random
import sys
from typing import Any

from aglais_booking import service
from aglais_booking.schema import KINDS
from aglais_booking.stores.pools import PoolStore
from aglais_hub.database import Answer
from aglais_hub.web.api import ApiHandler
from aglais_hub.web.serve import run_service

UNCHECKED = tuple(f"ALTER TABLE hours DROP CONSTRAINT ck_hours_{kind}" for kind in KINDS)
"""Takes from PostgreSQL what keeps the ledger."""

FORGETS = 0.02


def naive() -> None:
    """Look whether there is room, then insert: nothing is locked, as others do it."""
    PoolStore.lock = PoolStore.get  # type: ignore[method-assign]


class ForgottenError(Exception):
    """What was done is undone."""


def forgetful() -> None:
    """Answer that it is done, and now and then undo it."""
    once = ApiHandler._once

    async def forgets(self: ApiHandler, *arguments: Any) -> Answer:
        if self.request.method != "POST" or random.random() > FORGETS:
            return await once(self, *arguments)
        try:
            async with self.process.database.transaction():
                answer = await once(self, *arguments)
                raise ForgottenError
        except ForgottenError:
            return answer

    ApiHandler._once = forgets  # type: ignore[method-assign]


def doubling() -> None:
    """Do a request that is sent again once more."""

    async def act(_self: ApiHandler, act: Any, _spec: Any) -> Any:
        return await act()

    ApiHandler._once = act  # type: ignore[method-assign]


if __name__ == "__main__":
    {"naive": naive, "forgetful": forgetful, "doubling": doubling}[sys.argv[1]]()
    run_service(service)
