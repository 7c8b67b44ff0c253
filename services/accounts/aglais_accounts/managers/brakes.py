"""Brakes: what may be tried only so often."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from aglais_accounts.stores.attempts import AttemptStore
from aglais_hub.errors import TooManyRequests

__all__ = ["Brake", "TooManyAttemptsError", "check_all", "network", "press_all", "somebody"]

OWN_BITS = 64
"""Of an IPv6 address; who has one such network has 2^64 addresses to try from."""


class TooManyAttemptsError(TooManyRequests):
    """It was tried too often just now, by somebody or on somebody."""

    code = "too-many-attempts"


@dataclass(frozen=True)
class Brake:
    """Lets something be tried so many times in a period.

    Parameters
    ----------
    bucket
        What is tried, and by whom or on whom; at most 96 characters.
    limit, period
        So many times in so long.
    message
        What is said then; when to try again is added.
    error
        Class of the refusal.
    """

    bucket: str
    limit: int
    period: timedelta
    message: str = "This was tried too often just now."
    error: type[TooManyRequests] = TooManyAttemptsError

    async def check(self, attempts: AttemptStore, now: datetime) -> None:
        """Refuse if it was tried too often.

        Raises
        ------
        TooManyRequests
            Of the class `error`; it says when to try again.
        """
        await check_all([self], attempts, now)

    async def press(self, attempts: AttemptStore, now: datetime) -> None:
        """Refuse if it was tried too often; count it otherwise."""
        await press_all([self], attempts, now)

    def hold(self, tried: Sequence[datetime], now: datetime) -> None:
        """Refuse if these are too many; see `check`."""
        recent = [at for at in tried if at > now - self.period]
        if len(recent) < self.limit:
            return
        first_forgotten = recent[-self.limit] + self.period
        wait = max(1, round((first_forgotten - now).total_seconds()))
        raise self.error(f"{self.message} Please try again in {wait} seconds.", retry_after=wait)


async def check_all(brakes: Sequence[Brake], attempts: AttemptStore, now: datetime) -> None:
    """Refuse if one of them does."""
    start = now - max(brake.period for brake in brakes)
    tried = await attempts.of([brake.bucket for brake in brakes], start)
    for brake in brakes:
        brake.hold(tried[brake.bucket], now)


async def press_all(brakes: Sequence[Brake], attempts: AttemptStore, now: datetime) -> None:
    """Refuse if one of them does; count it at all of them otherwise."""
    buckets = [brake.bucket for brake in brakes]
    await attempts.lock(buckets)
    await check_all(brakes, attempts, now)
    await attempts.add_all(buckets, now)


def network(came_from: str) -> str:
    """Return what of a network address is one place, in a bucket's name."""
    try:
        address = ip_address(came_from)
    except ValueError:
        return came_from
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((int(address), OWN_BITS), strict=False))
    return str(address)


def somebody(address: str) -> str:
    """Return an e-mail address in a bucket's name: short, and nothing to be read."""
    return hashlib.sha256(address.encode()).hexdigest()[:24]
