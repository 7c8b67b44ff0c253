"""How many mails may be asked for."""

from __future__ import annotations

from datetime import timedelta

from aglais_accounts.managers.brakes import Brake, network, somebody

__all__ = ["mail_brakes"]

HOUR = timedelta(hours=1)

FROM_ONE_PLACE, FROM_ALL_PLACES = 5, 20
"""Mails to one address in an hour, asked for from one network address, and from all."""

TO_ALL = 60
"""Mails to whomever in an hour, asked for from one network address."""


def mail_brakes(address: str, came_from: str) -> list[Brake]:
    """Return what keeps anybody from writing to an address again and again, whoever has it."""
    place, who = network(came_from), somebody(address)
    often = "Many mails were asked for just now; please look for them, in the spam folder as well."
    limits = {
        f"mails:{place}": TO_ALL,
        f"mail:{who}": FROM_ALL_PLACES,
        f"mail:{who}:{place[:60]}": FROM_ONE_PLACE,
    }
    return [Brake(bucket, limit, HOUR, often) for bucket, limit in limits.items()]
