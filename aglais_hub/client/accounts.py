"""Client of the accounts service."""

from __future__ import annotations

from aglais_hub.client.base import ServiceClient
from aglais_hub.models.accounts import (
    Account,
    AccountRequest,
    Departure,
    GuestRequest,
    LevelLimits,
)

__all__ = ["AccountsClient"]


class AccountsClient(ServiceClient):
    """Accounts and levels."""

    title = "The accounts service"

    async def open_guest(self, address: str, *, key: str | None = None) -> Account:
        """Make a level-0 account for somebody at a network address.

        The same `key` again is the same click, and gives the same account.
        """
        request = GuestRequest(address=address)
        return await self.post(Account, "guests", request, idempotency_key=key)

    async def create_account(self, request: AccountRequest) -> Account:
        """Make an account."""
        return await self.post(Account, "accounts", request)

    async def account(self, name: str) -> Account:
        """Return an account."""
        return await self.get(Account, f"accounts/{name}")

    async def accounts(self) -> list[Account]:
        """Return all accounts that the token may see."""
        return await self.list(Account, "accounts")

    async def leave(self, name: str, reason: str) -> Departure:
        """Erase an account and everything that it has; goes on in the background."""
        return await self.post(Departure, f"accounts/{name}/leave", {"reason": reason})

    async def departures(self) -> list[Departure]:
        """Return what is on its way out."""
        return await self.list(Departure, "departures")

    async def levels(self) -> list[LevelLimits]:
        """Return what the levels give."""
        return await self.list(LevelLimits, "levels")
