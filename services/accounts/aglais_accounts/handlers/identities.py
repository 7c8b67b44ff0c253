"""URLs of what accounts log in with."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers.addresses import no_change
from aglais_accounts.managers.base import IDENTITIES
from aglais_accounts.managers.members import READ_IDENTITIES
from aglais_hub.models import Model
from aglais_hub.models.identities import (
    AddressChange,
    AddressChangeRequest,
    Identity,
    IdentityRequest,
)
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route

__all__ = ["ROUTES"]


class Identities(AccountsApi):
    """What an account logs in with."""

    @operation(
        Operation("List what an account logs in with", READ_IDENTITIES, returns=Identity, many=True)
    )
    async def get(self, name: str) -> Sequence[Model]:
        """List it."""
        identities = await self.manager.identities.identities(self.actor, name)
        return self.listed(*self.part(identities))

    @operation(
        Operation(
            "Let an account log in with one more identity",
            IDENTITIES,
            IdentityRequest,
            returns=Identity,
            status=201,
        )
    )
    async def post(self, request: IdentityRequest, name: str) -> Identity:
        """Link it."""
        identity, is_new = await self.manager.identities.link(self.actor, name, request)
        self.created("accounts", name, "identities", identity.id, is_new=is_new)
        return identity


class OneIdentity(AccountsApi):
    """An identity."""

    @operation(Operation("Return an identity", READ_IDENTITIES, returns=Identity))
    async def get(self, name: str, identifier: str) -> Identity:
        """Return it."""
        return await self.manager.identities.identity(self.actor, name, identifier)

    @operation(Operation("Let an account no longer log in with it", IDENTITIES, status=204))
    async def delete(self, name: str, identifier: str) -> None:
        """Unlink it."""
        await self.manager.identities.unlink(self.actor, name, identifier)


class Address(AccountsApi):
    """An account that moves to another e-mail address."""

    @operation(
        Operation("Return the change that is under way", READ_IDENTITIES, returns=AddressChange)
    )
    async def get(self, name: str) -> AddressChange:
        """Return it."""
        change = await self.manager.addresses.pending(self.actor, name)
        if change is None:
            raise no_change(name)
        return change

    @operation(
        Operation(
            "Move an account to another e-mail address, when both are confirmed",
            IDENTITIES,
            AddressChangeRequest,
            returns=AddressChange,
            status=202,
        )
    )
    async def post(self, request: AddressChangeRequest, name: str) -> AddressChange:
        """Begin it, or send the mails once more."""
        change = await self.manager.addresses.change(self.actor, name, request)
        self.created("accounts", name, "address")
        return change

    @operation(Operation("Give the change up", IDENTITIES, status=204))
    async def delete(self, name: str) -> None:
        """Give it up."""
        await self.manager.addresses.cancel(self.actor, name)


ROUTES = (
    Route("api/accounts/{name}/identities", Identities),
    Route("api/accounts/{name}/identities/{identifier}", OneIdentity),
    Route("api/accounts/{name}/address", Address),
)
