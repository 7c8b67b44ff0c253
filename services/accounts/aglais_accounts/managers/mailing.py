"""How many mails may be asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from aglais_accounts.managers.base import Stores
from aglais_accounts.managers.brakes import Brake, network, somebody

__all__ = ["press_mail_brakes"]

HOUR = timedelta(hours=1)

FROM_ONE_PLACE, FROM_ALL_PLACES = 5, 20
"""Mails to one address in an hour, asked for from one network address, and from all."""

TO_ALL = 60
"""Mails to whomever in an hour, asked for from one network address."""


async def press_mail_brakes(stores: Stores, address: str, came_from: str, now: datetime) -> None:
    """Refuse to write to an address again and again, whoever has it.

    Raises
    ------
    TooManyAttemptsError
        It says when to try again.
    """
    place, who = network(came_from), somebody(address)
    often = "Many mails were asked for just now; please look for them, in the spam folder as well."
    for bucket, limit in (
        (f"mails:{place}", TO_ALL),
        (f"mail:{who}", FROM_ALL_PLACES),
        (f"mail:{who}:{place[:60]}", FROM_ONE_PLACE),
    ):
        await Brake(bucket, limit, HOUR, often).press(stores.attempts, now)
