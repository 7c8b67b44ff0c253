"""URLs of all that an account has, as one archive."""

from __future__ import annotations

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers import Managers
from aglais_accounts.managers.exports import READ_SPACES
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.streams import Download
from aglais_hub.web.pages import PageHandler
from aglais_hub.web.streams import send

__all__ = ["ROUTES"]

MEDIA = "application/gzip"


class Export(AccountsApi):
    """All that an account has."""

    @operation(
        Operation(
            "Send all that an account has as a .tar.gz; one without manifest.json is not whole",
            READ_SPACES,
            media=MEDIA,
        )
    )
    async def get(self, name: str) -> Download:
        """Send it."""
        return await self.manager.exports.export(self.actor, name)


class DownloadPage(PageHandler):
    """The same for a browser, which is shown as a page what is wrong."""

    manager: Managers

    async def get(self, name: str) -> None:
        """Send it."""
        await send(self, MEDIA, await self.manager.exports.export(self.actor, name))


ROUTES = (
    Route("api/accounts/{name}/export", Export),
    Route("accounts/{name}/download", DownloadPage),
)
