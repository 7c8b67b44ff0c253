"""How sessions that ended without saying so stop being counted."""

from __future__ import annotations

from datetime import timedelta

from aglais_booking.managers import Managers
from aglais_hub.client import active_servers
from aglais_hub.models import utcnow

__all__ = ["Reaper"]


class Reaper:
    """Finds admissions whose server the Hub does not know, and frees what they hold.

    It can be killed anywhere: what is lost now is lost in the next round as well.
    """

    def __init__(self, manager: Managers) -> None:
        self.manager = manager

    async def sweep(self) -> None:
        """Free all admissions that have had time to become a server and are none."""
        settled = utcnow() - timedelta(seconds=self.manager.config.settle_seconds)
        async with self.manager.reading() as stores:
            old = await stores.admissions.before(settled)
        if not old:
            return
        # The Hub is asked last: a server that started meanwhile is among those that it names.
        users = await self.manager.context.clients.hub.users()
        running = {(user["name"], server) for user in users for server in active_servers(user)}
        for admission in old:
            if (admission.account, admission.server) not in running:
                await self.manager.admissions.free(
                    admission.id, reason="the Hub has no such server"
                )
