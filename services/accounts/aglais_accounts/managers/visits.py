"""Who comes from an OAuth provider: a known account, a guest who stays, or somebody new."""

from __future__ import annotations

from datetime import datetime, timedelta

from aglais_accounts.managers.addresses import AddressManager
from aglais_accounts.managers.base import SIGNUPS, AccountExistsError, Stores
from aglais_accounts.managers.codes import CodeUnusableError, redeem
from aglais_accounts.managers.identities import IdentityTakenError
from aglais_accounts.managers.members import MemberManager, check_provider
from aglais_accounts.managers.names import candidates, check_choice
from aglais_accounts.vault import digest, new_code
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, Level
from aglais_hub.models.identities import EMAIL, Identity, Registration, Visit, VisitRequest
from aglais_hub.service import Context

__all__ = ["VisitManager"]

REGISTER = "register"
HOUR = timedelta(hours=1)
"""How long somebody may take to register."""

PASSING = {"guest", "came_from"}
"""What of a visit does not matter any more when somebody registers."""


class VisitManager(MemberManager):
    """Decides what becomes of who comes from a provider."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.addresses = AddressManager(context)

    async def visit(self, actor: Actor, request: VisitRequest) -> Visit:
        """Return the account of who comes, or a code to register with.

        A guest whom nobody knows at the provider stays as a member, with its name and work.

        Raises
        ------
        AccountLeavingError
            The account is known and is being erased.
        """
        actor.require(SIGNUPS)
        check_provider(request.provider)
        async with self.writing() as stores:
            now = utcnow()
            known = await stores.identities.find(request.provider, request.subject)
            if known is not None:
                return _known(await self._welcome(stores, known, request.label, now))
            member = await self._stay(stores, request, now)
            if member is None:
                return await self._invite(stores, request, now)
        self.events.publish("account.registered", account=member.name, level=member.level)
        self.events.publish("identity.linked", account=member.name, provider=request.provider)
        return _known(member)

    async def _welcome(
        self, stores: Stores, identity: Identity, label: str, now: datetime
    ) -> Account:
        account = await self._account(stores, identity.account)
        self._check_stays(account)
        await stores.identities.used(identity.id, now, label)
        return account

    async def _stay(self, stores: Stores, request: VisitRequest, now: datetime) -> Account | None:
        """Make the guest a member, if there is one."""
        if request.guest is None or not await stores.accounts.lock(request.guest):
            return None
        why = f"came with {self._title(request.provider)}"
        member = await self._promote(stores, request.guest, now, why)
        if member is None:
            return None
        await self._keep(stores, member.name, request, now)
        if request.display_name is not None:
            await stores.accounts.call(member.name, request.display_name)
        return await self._account(stores, member.name)

    async def _keep(self, stores: Stores, name: str, request: VisitRequest, now: datetime) -> None:
        """Let an account log in as the provider says; its address comes along if it is free."""
        known = (request.provider, request.subject, request.label)
        if not await stores.identities.add(name, *known, now):
            raise IdentityTakenError(
                f"{request.label} at {self._title(request.provider)} has just got an account. "
                "Please log in with it again."
            )
        identity = await stores.identities.find(request.provider, request.subject)
        if identity is not None:
            await stores.identities.used(identity.id, now)
        if request.address is None:
            return
        if not request.is_address_verified:
            await self.addresses.begin(stores, name, request.address, now)
        elif await stores.identities.find(EMAIL, request.address) is None:
            # Somebody else's stays theirs: an address alone never makes one account of two.
            await stores.identities.add(name, EMAIL, request.address, request.address, now)

    async def _invite(self, stores: Stores, request: VisitRequest, now: datetime) -> Visit:
        code = new_code()
        payload = request.model_dump(mode="json", exclude=PASSING)
        await stores.codes.add(digest(code), REGISTER, None, now + HOUR, payload)
        doors = await self._doors(stores, request)
        return Visit(
            account=None,
            code=code,
            name=await self._free_name(stores, request, now),
            needs_address=bool(doors) or not (request.address and request.is_address_verified),
            doors=doors,
        )

    async def _doors(self, stores: Stores, request: VisitRequest) -> tuple[str, ...]:
        """Return how the account is entered that has the address, which is proven to be theirs."""
        if request.address is None or not request.is_address_verified:
            return ()
        owner = await stores.identities.find(EMAIL, request.address)
        if owner is None:
            return ()
        return tuple(one.provider for one in await stores.identities.of(owner.account))

    async def _free_name(self, stores: Stores, request: VisitRequest, now: datetime) -> str | None:
        wishes = (request.wished_name, request.address, request.display_name, request.label)
        names = candidates(wishes)
        taken = await stores.accounts.taken(names, now) | self.config.kept_names
        return next((name for name in names if name not in taken), None)

    async def register(self, actor: Actor, request: Registration) -> Account:
        """Make the account of somebody new; whatever is refused, the code still works.

        Raises
        ------
        CodeUnusableError
            The code is of no visit, too old, or was used.
        AccountExistsError, NameReservedError
            Nobody can be called so now, or ever.
        """
        actor.require(SIGNUPS)
        async with self.writing() as stores:
            now = utcnow()
            redeemed = await redeem(stores, request.code, REGISTER, request.came_from, now)
            if redeemed is not None:
                # Whatever it raises undoes that the code was consumed, too.
                came = VisitRequest(**redeemed.payload, came_from=request.came_from)
                account = await self._registered(stores, _as_typed(came, request), request, now)
        if redeemed is None:
            raise CodeUnusableError("Please log in once more.")
        self.events.publish("account.created", account=account.name, level=account.level)
        return account

    async def _registered(
        self, stores: Stores, came: VisitRequest, request: Registration, now: datetime
    ) -> Account:
        name = request.name or await self._free_name(stores, came, now)
        if name is None or await stores.accounts.taken([name], now):
            raise AccountExistsError(f"The name {name} is taken; choose another name.")
        check_choice(name, self.config.kept_names)
        account = await self._new(stores, name, Level.BASIC, now, came.display_name)
        await self._keep(stores, name, came, now)
        return account


def _known(account: Account) -> Visit:
    return Visit(account=account, code=None, name=None, needs_address=False)


def _as_typed(came: VisitRequest, request: Registration) -> VisitRequest:
    """Return what the provider said, with what the person would rather have."""
    given: dict[str, object] = {"display_name": request.display_name or came.display_name}
    if request.address is not None and request.address != came.address:
        given |= {"address": request.address, "is_address_verified": False}
    return came.model_copy(update=given)
