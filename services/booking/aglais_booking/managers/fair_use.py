"""How much the levels may book."""

from __future__ import annotations

from aglais_booking.managers.base import WRITE_PACKAGES, BookingsManager
from aglais_hub.identity import Actor
from aglais_hub.models.accounts import Level
from aglais_hub.models.fair_use import FairUse, FairUseEdit
from aglais_hub.versions import require_version

__all__ = ["FairUseManager"]


class FairUseManager(BookingsManager):
    """Decides on fair use."""

    async def all(self) -> list[FairUse]:
        """Return that of all levels; no secret."""
        async with self.reading() as stores:
            return await stores.fair_uses.all()

    async def get(self, level: Level) -> FairUse:
        """Return that of a level; no secret."""
        async with self.reading() as stores:
            return await stores.fair_uses.get(level)

    async def edit(
        self, actor: Actor, level: Level, edit: FairUseEdit, version: str | None
    ) -> FairUse:
        """Change what a level may book from now on; what is booked stays booked."""
        actor.require(WRITE_PACKAGES)
        async with self.writing() as stores:
            require_version(await stores.fair_uses.lock(level), version)
            fair_use = FairUse(level=level, **dict(edit))
            await stores.fair_uses.save(fair_use)
        self.publish("fair-use.changed", level=level, by=actor.name)
        return fair_use
