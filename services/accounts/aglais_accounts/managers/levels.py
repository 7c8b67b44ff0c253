"""What levels give."""

from __future__ import annotations

from aglais_accounts.managers.base import WRITE, AccountsManager
from aglais_accounts.managers.packages import check_packages
from aglais_hub.identity import Actor
from aglais_hub.models.accounts import Level, LevelEdit, LevelLimits
from aglais_hub.versions import require_version

__all__ = ["LevelManager"]


class LevelManager(AccountsManager):
    """Decides on levels."""

    async def levels(self) -> list[LevelLimits]:
        """Return what levels give; no secret."""
        async with self.reading() as stores:
            return await stores.levels.all()

    async def level(self, level: Level) -> LevelLimits:
        """Return what a level gives; no secret."""
        async with self.reading() as stores:
            return await self._limits(stores, level)

    async def edit_level(
        self, actor: Actor, level: Level, edit: LevelEdit, version: str | None
    ) -> LevelLimits:
        """Change what a level gives, for accounts as they are and to come.

        Raises
        ------
        UnknownPackageError
            It names a package that there is not.
        """
        actor.require(WRITE)
        await check_packages(self.context.clients.booking, edit.model_dump())
        async with self.writing() as stores:
            await stores.levels.lock(level)
            require_version(await self._limits(stores, level), version)
            limits = LevelLimits(level=level, **edit.model_dump())
            await stores.levels.save(limits)
        self.events.publish("level.changed", level=level, by=actor.name)
        return limits
