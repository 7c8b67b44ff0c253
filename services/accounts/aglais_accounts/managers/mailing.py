"""How many mails may be asked for."""

from __future__ import annotations

from datetime import timedelta

from aglais_accounts.managers.brakes import Brake, network, somebody

__all__ = ["mail_brakes", "receiver_brake"]

HOUR = timedelta(hours=1)

FROM_ONE_PLACE, FROM_ALL_PLACES = 5, 20
"""Mails to one address in an hour, asked for from one network address, and from all."""

TO_ALL = 60
"""Mails to whomever in an hour, asked for from one network address."""

OFTEN = "Many mails were asked for just now; please look for them, in the spam folder as well."


def mail_brakes(address: str, came_from: str) -> list[Brake]:
    """Return what keeps anybody from writing to an address again and again, whoever has it."""
    place, who = network(came_from), somebody(address)
    limits = {f"mails:{place}": TO_ALL, f"mail:{who}:{place[:60]}": FROM_ONE_PLACE}
    by_place = [Brake(bucket, limit, HOUR, OFTEN) for bucket, limit in limits.items()]
    return [*by_place, receiver_brake(address)]


def receiver_brake(address: str) -> Brake:
    """Return what keeps everybody together from writing to an address without end."""
    return Brake(f"mail:{somebody(address)}", FROM_ALL_PLACES, HOUR, OFTEN)
