"""What somebody wants to hold of a pool, and the sentences where there is no room for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aglais_booking.amounts import HOUR_SECONDS, Amount, cost_of
from aglais_booking.managers.base import Stores
from aglais_booking.refusals import OverbookedError
from aglais_booking.rules.booking import Booker, is_bookable
from aglais_booking.rules.periods import Period
from aglais_booking.rules.room import SEARCHED, Free, fits, next_fit, overbooked
from aglais_booking.stores.hours import Wanted
from aglais_hub.models.booking import Limits, Package, Pool, Sharing

__all__ = ["Need"]

SEARCHED_HOURS = int(SEARCHED.total_seconds()) // HOUR_SECONDS


@dataclass(frozen=True)
class Need:
    """What somebody wants to hold, and when.

    Parameters
    ----------
    spans
        Each by its identifier.
    booker
        Whose packages are named as those that would fit instead.
    """

    package: str
    limits: Limits
    sharing: Sharing
    spans: Sequence[tuple[str, Period]]
    zone: ZoneInfo
    booker: Booker

    def cost(self, pool: Pool, limits: Limits | None = None) -> Amount:
        """Return what it takes of a pool, each hour; or what others would take, shared alike."""
        return cost_of((limits or self.limits).total, self.sharing, pool)

    @property
    def wanted(self) -> list[Wanted]:
        """Its hours."""
        return [(span, one.first_hour, one.end_hour) for span, one in self.spans]

    async def with_room(self, stores: Stores, pools: Sequence[Pool]) -> list[Pool]:
        """Return those pools that have room now; nothing is held or locked yet.

        Raises
        ------
        OverbookedError
            None has.
        """
        found = [
            pool
            for pool in pools
            if await stores.hours.has_room(pool.name, self.wanted, self.cost(pool))
        ]
        if not found:
            raise await self.refusal(stores, pools)
        return found

    async def refusal(self, stores: Stores, pools: Sequence[Pool]) -> OverbookedError:
        """Return why there is no room, what would fit instead, and when it would."""
        number, period = await self._first_without(stores, pools)
        frees = [await _free(stores, pool, period, hours=SEARCHED_HOURS) for pool in pools]
        packages = await stores.packages.all()
        sentence = overbooked(
            self.package,
            period,
            self.zone,
            fitting=self._instead(packages, frees, pools, period),
            later=[
                next_fit(free, self.cost(pool), period)
                for free, pool in zip(frees, pools, strict=True)
            ],
            place=f" (span {number} of {len(self.spans)})" if len(self.spans) > 1 else "",
        )
        return OverbookedError(sentence)

    async def _first_without(self, stores: Stores, pools: Sequence[Pool]) -> tuple[int, Period]:
        """Return the first span that fits nowhere, or the last if only all together do not."""
        numbered = [(number, one) for number, (_, one) in enumerate(self.spans, 1)]
        for number, period in numbered:
            frees = [await _free(stores, pool, period, hours=0) for pool in pools]
            if not self._fits(frees, pools, period, self.limits):
                return number, period
        return numbered[-1]

    def _fits(
        self, frees: Sequence[Free], pools: Sequence[Pool], period: Period, limits: Limits
    ) -> bool:
        return any(
            fits(free, self.cost(pool, limits), period)
            for free, pool in zip(frees, pools, strict=True)
        )

    def _instead(
        self,
        packages: Sequence[Package],
        frees: Sequence[Free],
        pools: Sequence[Pool],
        period: Period,
    ) -> list[str]:
        return [
            one.name
            for one in packages
            if one.name != self.package
            and is_bookable(one, self.booker)
            and self._fits(frees, pools, period, one.limits)
        ]


async def _free(stores: Stores, pool: Pool, period: Period, *, hours: int) -> Free:
    """Return what is free of a pool in the hours of a period and so many after it."""
    rows = await stores.hours.free(pool.name, period.first_hour, period.end_hour + hours)
    return {hour: Amount(*amounts) for hour, *amounts in rows}
