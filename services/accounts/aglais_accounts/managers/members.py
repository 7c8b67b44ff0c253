"""What managers share that decide on what members log in with."""

from __future__ import annotations

from aglais_accounts.managers.base import AccountLeavingError, AccountsManager, Stores
from aglais_hub.errors import Conflict, InvalidRequest
from aglais_hub.identity import scope
from aglais_hub.models.accounts import Account, AccountState, Level
from aglais_hub.models.identities import EMAIL, Identity

__all__ = [
    "READ_IDENTITIES",
    "GuestAccountError",
    "MemberManager",
    "check_provider",
]

READ_IDENTITIES = scope("read", "identities")


class GuestAccountError(Conflict):
    """A guest has nothing to log in with, until it registers."""

    code = "guest-account"


class MemberManager(AccountsManager):
    """What managers of identities, addresses and visits know and do."""

    async def _member(self, stores: Stores, name: str) -> Account:
        """Return an account of a member, and let nobody else decide on it meanwhile.

        Raises
        ------
        NotFound, AccountLeavingError, GuestAccountError
            There is none, it is being erased, or it is a guest's.
        """
        await stores.accounts.lock(name)
        account = await self._account(stores, name)
        self._check_stays(account)
        if account.level is Level.ANONYMOUS:
            raise GuestAccountError(f"{name} is a guest. Register first, to log in again later.")
        return account

    def _check_stays(self, account: Account) -> None:
        if account.state is AccountState.LEAVING:
            raise AccountLeavingError(
                f"The account {account.name} is just being erased. "
                "You can register again in a minute."
            )

    def _title(self, provider: str) -> str:
        """Return what people call a provider."""
        return "e-mail" if provider == EMAIL else self.config.providers.get(provider, provider)

    async def _address(self, stores: Stores, name: str) -> Identity | None:
        """Return the e-mail address of an account."""
        identities = await stores.identities.of(name)
        return next((one for one in identities if one.provider == EMAIL), None)

    async def _tell(self, stores: Stores, name: str, template: str, **values: object) -> None:
        """Send a mail to an account's owner, if it has an address."""
        if (address := await self._address(stores, name)) is not None:
            await self._mail(stores, address.subject, template, name=name, **values)


def check_provider(provider: str) -> None:
    """Refuse what no OAuth provider can say.

    Raises
    ------
    InvalidRequest
        An e-mail address is nobody's until it was confirmed by a mail.
    """
    if provider == EMAIL:
        raise InvalidRequest(
            "An e-mail address has to be confirmed by a mail; no provider can say whose it is."
        )
