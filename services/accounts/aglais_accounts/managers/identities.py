"""What accounts log in with: listed, linked, unlinked."""

from __future__ import annotations

from dataclasses import dataclass

from aglais_accounts.managers.base import IDENTITIES, Stores
from aglais_accounts.managers.members import READ_IDENTITIES, MemberManager, check_provider
from aglais_hub.errors import Conflict, NotFound
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level
from aglais_hub.models.identities import EMAIL, Identity, IdentityRequest

__all__ = ["IdentityManager", "IdentityTakenError", "LastWayInError", "Ways"]


class IdentityTakenError(Conflict):
    """Another account logs in with it."""

    code = "identity-taken"


class LastWayInError(Conflict):
    """Without it nobody could log in to the account any more."""

    code = "last-way-in"


@dataclass(frozen=True)
class Ways:
    """How an account is logged in to."""

    is_member: bool
    identities: list[Identity]
    has_password: bool

    @property
    def address(self) -> str | None:
        """Its e-mail address."""
        found = (one.subject for one in self.identities if one.provider == EMAIL)
        return next(found, None)


class IdentityManager(MemberManager):
    """Decides on identities."""

    async def identities(self, actor: Actor, name: str) -> list[Identity]:
        """Return what an account logs in with, oldest first."""
        actor.require(READ_IDENTITIES, owner=name)
        async with self.reading() as stores:
            await self._account(stores, name)
            return await stores.identities.of(name)

    async def ways(self, actor: Actor, name: str) -> Ways:
        """Return all that its page shows."""
        identities = await self.identities(actor, name)
        async with self.reading() as stores:
            account = await self._account(stores, name)
            has_password = await stores.passwords.get(name) is not None
        return Ways(account.level is not Level.ANONYMOUS, identities, has_password)

    async def identity(self, actor: Actor, name: str, identifier: str) -> Identity:
        """Return one of them."""
        found = await self.identities(actor, name)
        return _one(found, name, identifier)

    async def link(
        self, actor: Actor, name: str, request: IdentityRequest
    ) -> tuple[Identity, bool]:
        """Let an account log in with one more identity; tell whether it did not already.

        Only who may say so of anybody says who somebody is at a provider.

        Raises
        ------
        IdentityTakenError
            Another account logs in with it.
        """
        actor.require(IDENTITIES)
        check_provider(request.provider)
        async with self.writing() as stores:
            await self._member(stores, name)
            is_new = await stores.identities.add(
                name, request.provider, request.subject, request.label, utcnow()
            )
            identity = await self._mine(stores, name, request)
            if is_new:
                title = self._title(request.provider)
                await self._tell(stores, name, "login-added", login=title, label=request.label)
        if is_new:
            self.events.publish("identity.linked", account=name, provider=request.provider)
        return identity, is_new

    async def _mine(self, stores: Stores, name: str, request: IdentityRequest) -> Identity:
        identity = await stores.identities.find(request.provider, request.subject)
        if identity is None or identity.account != name:
            title = self._title(request.provider)
            raise IdentityTakenError(
                f"{request.label} at {title} belongs to another account here. "
                f"To move it, log in with {title}, unlink it there, and link it here again."
            )
        return identity

    async def unlink(self, actor: Actor, name: str, identifier: str) -> None:
        """Let an account no longer log in with an identity.

        A password goes with the e-mail address that it is used with.

        Raises
        ------
        NotFound
            The account has no such identity.
        LastWayInError
            It has no other one.
        """
        actor.require(IDENTITIES, owner=name)
        async with self.writing() as stores:
            await self._member(stores, name)
            identities = await stores.identities.of(name)
            identity = _one(identities, name, identifier)
            self._check_not_last(name, identities)
            await self._tell(
                stores, name, "login-removed",
                login=self._title(identity.provider), label=identity.label,
            )  # fmt: skip
            await self._remove(stores, identity)
        self.events.publish("identity.unlinked", account=name, provider=identity.provider)

    def _check_not_last(self, name: str, identities: list[Identity]) -> None:
        if len(identities) == 1:
            raise LastWayInError(
                f"This is the only way to log in as {name}. Link another one, "
                "or add an e-mail address, before you unlink it."
            )

    async def _remove(self, stores: Stores, identity: Identity) -> None:
        await stores.identities.remove(identity.id)
        if identity.provider == EMAIL:
            await stores.passwords.remove(identity.account)
            await stores.address_changes.remove(identity.account)
            # Codes that were sent there: to move away from it, to reset the password.
            await stores.codes.forget(identity.account)


def _one(identities: list[Identity], name: str, identifier: str) -> Identity:
    identity = next((one for one in identities if one.id == identifier), None)
    if identity is None:
        raise NotFound(f"{name} has no such log-in.")
    return identity
