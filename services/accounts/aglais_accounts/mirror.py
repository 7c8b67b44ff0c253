"""Levels as groups of the Hub, so that roles can be given to a level.

Whoever logs an account in puts its Hub user into the right group, inside the Hub: a guest's
click costs no request for it. What changes afterwards is told here, and what got lost is
found by the sweep, which reads all users anyway.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from aglais_accounts.managers import Managers
from aglais_hub.errors import AglaisError
from aglais_hub.models.accounts import Level

__all__ = ["Mirror"]

log = logging.getLogger(__name__)

GROUPS = frozenset(level.group for level in Level)
"""Groups of levels; others are none of our business."""


class Mirror:
    """Puts Hub users into the groups of their levels; it can be killed anywhere and run again."""

    def __init__(self, manager: Managers) -> None:
        self.manager = manager
        self.hub = manager.context.clients.hub

    async def tell(self) -> None:
        """Tell the Hub of levels that are other ones than it was told last."""
        async with self.manager.reading() as stores:
            stale = await stores.accounts.unmirrored()
        await self._settle_all(stale)

    async def heal(self, users: Mapping[str, dict[str, Any]]) -> None:
        """Put right what is wrong among all users as they were read just now.

        Parameters
        ----------
        users
            The Hub's models of its users, by name.
        """
        async with self.manager.reading() as stores:
            levels = await stores.accounts.levels()
        await self._settle_all(
            name for name, user in users.items() if _groups(user) != _wanted(levels.get(name))
        )

    async def _settle_all(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                await self._settle(name)
            except AglaisError as failure:
                log.warning("the groups of %s stay as they are: %s", name, failure.message)

    async def _settle(self, name: str) -> None:
        """Look again, since lists are old when they are read to their end; then do what lacks."""
        user = await self.hub.user(name)
        async with self.manager.reading() as stores:
            account = await stores.accounts.get(name)
        level = account.level if account else None
        # One who has no user yet gets one by logging in, and the group with it.
        if user is not None:
            for group in _groups(user) - _wanted(level):
                await self.hub.leave_group(group, name)
            for group in _wanted(level) - _groups(user):
                await self.hub.join_group(group, name)
        if level is not None:
            async with self.manager.writing() as stores:
                await stores.accounts.mark_mirrored(name, level)


def _groups(user: dict[str, Any]) -> frozenset[str]:
    return GROUPS.intersection(user.get("groups", ()))


def _wanted(level: Level | None) -> frozenset[str]:
    return frozenset() if level is None else frozenset({level.group})
