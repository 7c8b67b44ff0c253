"""Mails that other services send to the owners of accounts."""

from __future__ import annotations

from aglais_accounts.managers.members import MemberManager
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import AccountState
from aglais_hub.models.mails import MailRequest

__all__ = ["WRITE_MAILS", "MailManager"]

WRITE_MAILS = scope("write", "mails")
"""Held by services that have something to tell, and by administrators."""


class MailManager(MemberManager):
    """Puts mails of others into the outbox."""

    async def send(self, actor: Actor, name: str, request: MailRequest) -> None:
        """Write to an account's owner; whoever has no address, or leaves, is not written to."""
        actor.require(WRITE_MAILS)
        async with self.writing() as stores:
            account = await self._account(stores, name)
            address = await self._address(stores, name)
            if address is None or account.state is AccountState.LEAVING:
                return
            text = self.vault.close(request.text)
            await stores.mails.add(address.subject, request.subject, text, utcnow())
