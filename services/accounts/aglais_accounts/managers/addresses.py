"""How an account moves to another e-mail address: both have to be confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta

from aglais_accounts.managers.base import IDENTITIES, AddressTakenError, Stores
from aglais_accounts.managers.brakes import Brake, press_all
from aglais_accounts.managers.confirmations import Confirmed
from aglais_accounts.managers.mailing import receiver_brake
from aglais_accounts.managers.members import READ_IDENTITIES, MemberManager
from aglais_accounts.vault import digest, new_code
from aglais_hub.errors import Conflict, NotFound
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.identities import (
    EMAIL,
    AddressChange,
    AddressChangeRequest,
    Confirmation,
    ConfirmationRequest,
)

__all__ = ["ADDRESS_PURPOSES", "AddressManager", "SameAddressError"]

DAY = timedelta(hours=24)
"""How long both addresses can be confirmed."""

TAKE, LEAVE = "take-address", "leave-address"
ADDRESS_PURPOSES = (TAKE, LEAVE)
"""What a code may be for that was sent to the new address, and to the old one."""

CONFIRMED = {TAKE: "new_confirmed_at", LEAVE: "old_confirmed_at"}

HOUR = timedelta(hours=1)
MAILS_PER_HOUR = 6
"""How often one account may have mails of this kind sent."""


class SameAddressError(Conflict):
    """The account has this address already."""

    code = "same-address"


class AddressManager(MemberManager):
    """Decides on changes of address."""

    async def change(self, actor: Actor, name: str, request: AddressChangeRequest) -> AddressChange:
        """Begin a change, or send its mails once more; what is confirmed stays so.

        Nobody is told whether the new address has an account, except its owner, by mail.

        Raises
        ------
        SameAddressError
            The account has this address already.
        """
        actor.require(IDENTITIES, owner=name)
        async with self.writing() as stores:
            now = utcnow()
            # Many accounts, too, must not fill the mailbox of somebody else. Before the account
            # is locked, as in a reset of its password, which would wait for this otherwise.
            brakes = [self._brake(name), receiver_brake(request.address)]
            await press_all(brakes, stores.attempts, now)
            await self._member(stores, name)
            change = await self.begin(stores, name, request.address, now)
        self.events.publish("address.change-begun", account=name)
        return change

    def _brake(self, name: str) -> Brake:
        message = "So many mails were sent to confirm an address just now."
        return Brake(f"address:{name}", MAILS_PER_HOUR, HOUR, message)

    async def begin(self, stores: Stores, name: str, address: str, now: datetime) -> AddressChange:
        """Send codes to both addresses, or to the new one alone where there is no old one."""
        current = await self._address(stores, name)
        old = current.subject if current else None
        if old == address:
            raise SameAddressError(f"{address} is the address of {name} already.")
        change = await stores.address_changes.get(name, now)
        if change is None or (change.old, change.new) != (old, address):
            change = AddressChange(
                account=name, old=old, new=address, old_confirmed_at=None,
                new_confirmed_at=None, expires_at=now + DAY,
            )  # fmt: skip
            await stores.address_changes.put(change)
        await stores.codes.forget(name, *ADDRESS_PURPOSES)
        await self._ask_old(stores, change)
        await self._ask_new(stores, change)
        return change

    async def _ask_old(self, stores: Stores, change: AddressChange) -> None:
        if change.old is not None and change.old_confirmed_at is None:
            await self._send_code(stores, change, LEAVE, change.old)

    async def _ask_new(self, stores: Stores, change: AddressChange) -> None:
        if change.new_confirmed_at is not None:
            return
        if await stores.identities.find(EMAIL, change.new) is None:
            await self._send_code(stores, change, TAKE, change.new)
        else:
            link = self.config.link("/hub/login")
            await self._mail(stores, change.new, "address-known", link=link)

    async def _send_code(
        self, stores: Stores, change: AddressChange, purpose: str, address: str
    ) -> None:
        code = new_code()
        await stores.codes.add(digest(code), purpose, change.account, change.expires_at)
        link = self.config.link(f"/hub/address/{code}")
        await self._mail(stores, address, purpose, link=link, change=change)

    async def pending(self, actor: Actor, name: str) -> AddressChange | None:
        """Return the change that is under way."""
        actor.require(READ_IDENTITIES, owner=name)
        async with self.reading() as stores:
            await self._account(stores, name)
            return await stores.address_changes.get(name, utcnow())

    async def cancel(self, actor: Actor, name: str) -> None:
        """Give a change up; what was sent by mail does nothing any more."""
        actor.require(IDENTITIES, owner=name)
        async with self.writing() as stores:
            await self._account(stores, name)
            if await stores.address_changes.get(name, utcnow()) is None:
                raise no_change(name)
            await stores.address_changes.remove(name)
            await stores.codes.forget(name, *ADDRESS_PURPOSES)
        self.events.publish("address.change-cancelled", account=name)

    async def redeem(
        self, stores: Stores, request: ConfirmationRequest, now: datetime
    ) -> Confirmed | None:
        """Confirm an address with a code that was sent there; None: it is no such code.

        Raises
        ------
        AddressTakenError
            Another account has the new address by now; the change stays as it was.
        """
        for purpose in ADDRESS_PURPOSES:
            redeemed = await stores.codes.redeem(
                digest(request.code.get_secret_value()), purpose, now
            )
            if redeemed is not None and redeemed.account is not None:
                return await self._confirmed(stores, redeemed.account, purpose, now)
        return None

    async def _confirmed(
        self, stores: Stores, name: str, purpose: str, now: datetime
    ) -> Confirmed | None:
        account = await self._member(stores, name)
        change = await stores.address_changes.get(name, now)
        if change is None:
            return None
        change = change.model_copy(update={CONFIRMED[purpose]: now})
        is_complete = change.new_confirmed_at is not None and (
            change.old is None or change.old_confirmed_at is not None
        )
        if is_complete:
            await self._finish(stores, change, now)
        else:
            await stores.address_changes.put(change)
        confirmation = Confirmation(
            account=account, purpose=purpose, is_same_browser=False,
            is_complete=is_complete, next=None,
        )  # fmt: skip
        event = "address.changed" if is_complete else "address.confirmed"
        return Confirmed(confirmation, event, {"account": name})

    async def _finish(self, stores: Stores, change: AddressChange, now: datetime) -> None:
        name, old, new = change.account, change.old, change.new
        if not await self._moved(stores, name, new, now):
            raise AddressTakenError(
                f"{new} has an account of its own by now, so that {name} keeps its address. "
                "Log in there, or choose another address."
            )
        await stores.address_changes.remove(name)
        # Whoever reads the old mailbox has nothing more to decide here.
        await stores.codes.forget(name)
        await stores.changes.add(name, name, "address", old, new, "confirmed by mail")
        if old is not None:
            await self._mail(stores, old, "address-changed", name=name)

    async def _moved(self, stores: Stores, name: str, new: str, now: datetime) -> bool:
        current = await self._address(stores, name)
        if current is None:
            return await stores.identities.add(name, EMAIL, new, new, now)
        return await stores.identities.readdress(current.id, new)


def no_change(name: str) -> NotFound:
    """Return the refusal where nothing is under way."""
    return NotFound(f"{name} is not moving to another e-mail address.")
