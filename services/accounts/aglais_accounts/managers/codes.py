"""What holds for all secrets that work once."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import SecretStr

from aglais_accounts.managers.base import Stores
from aglais_accounts.managers.brakes import Brake, network
from aglais_accounts.stores.codes import RedeemedCode
from aglais_accounts.vault import digest
from aglais_hub.errors import NotFound

__all__ = ["CodeUnusableError", "code_brake", "redeem"]

TRIES = 30
"""Wrong codes from one network address in `PERIOD`; many people may share it."""

PERIOD = timedelta(minutes=10)


class CodeUnusableError(NotFound):
    """The code was used, is too old, was meant for something else, or never was one."""

    code = "code-unusable"

    def __init__(self, what_to_do: str = "Please ask for a new one.") -> None:
        super().__init__(f"This link or code was used already, or is too old. {what_to_do}")


def code_brake(came_from: str) -> Brake:
    """Return the brake on wrong codes from a network address; check first, press on failure."""
    return Brake(
        f"code:{network(came_from)}",
        TRIES,
        PERIOD,
        "Too many codes from your network address did not work just now.",
    )


async def redeem(
    stores: Stores, code: SecretStr, purpose: str, came_from: str, now: datetime
) -> RedeemedCode | None:
    """Consume a code; None where it cannot be, which is counted against the network address.

    Raise `CodeUnusableError` after the transaction, so that what was counted stays.
    """
    brake = code_brake(came_from)
    await brake.check(stores.attempts, now)
    redeemed = await stores.codes.redeem(digest(code.get_secret_value()), purpose, now)
    if redeemed is None:
        await stores.attempts.add(brake.bucket, now)
    return redeemed
