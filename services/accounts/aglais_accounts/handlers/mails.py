"""URLs of mails to the owners of accounts."""

from __future__ import annotations

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers.mails import WRITE_MAILS
from aglais_hub.models.mails import MailRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route

__all__ = ["ROUTES"]


class Mails(AccountsApi):
    """What is written to an account's owner."""

    @operation(
        Operation(
            "Send a mail to an account's owner, if the account has an address",
            WRITE_MAILS,
            MailRequest,
            status=204,
        )
    )
    async def post(self, request: MailRequest, name: str) -> None:
        """Send it soon."""
        await self.manager.mails.send(self.actor, name, request)


ROUTES = (Route("api/accounts/{name}/mails", Mails),)
