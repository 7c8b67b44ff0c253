"""URLs of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aglais_accounts.handlers.base import AccountPart, AccountsApi
from aglais_accounts.managers import Managers
from aglais_accounts.managers.base import READ, WRITE
from aglais_accounts.managers.departures import WRITE_DEPARTURES
from aglais_accounts.managers.exports import READ_SPACES
from aglais_hub.models import Model, utcnow
from aglais_hub.models.accounts import Account, AccountEdit, AccountRequest, GuestRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.pages import CollectionPage, EditorPage, ThingPage

__all__ = ["ROUTES"]


class Guests(AccountsApi):
    """[Give it a try]."""

    @operation(
        Operation("Make a level-0 account", WRITE, GuestRequest, returns=Account, status=201)
    )
    async def post(self, request: GuestRequest) -> Account:
        """Make a guest."""
        account = await self.manager.accounts.open_guest(self.actor, request)
        self.created("accounts", account.name)
        return account


class Accounts(AccountsApi):
    """All accounts."""

    @operation(
        Operation(
            "List accounts, or those named", READ, returns=Account, many=True, query=("name",)
        )
    )
    async def get(self) -> Sequence[Model]:
        """List them."""
        names = self.named("name")
        return self.listed(*await self.manager.accounts.accounts(self.actor, *self.window(), names))

    @operation(Operation("Make an account", WRITE, AccountRequest, returns=Account, status=201))
    async def post(self, request: AccountRequest) -> Account:
        """Make one."""
        account = await self.manager.accounts.create_account(self.actor, request)
        self.created("accounts", account.name)
        return account


class OneAccount(AccountsApi):
    """An account."""

    @operation(Operation("Return an account", READ, returns=Account))
    async def get(self, name: str) -> Account:
        """Return it."""
        return await self.manager.accounts.account(self.actor, name)

    @operation(
        Operation("Change level, name or end of an account", WRITE, AccountEdit, returns=Account)
    )
    async def post(self, request: AccountEdit, name: str) -> Account:
        """Change it."""
        return await self.manager.edits.edit_account(self.actor, name, request, self.if_match)


class AccountsPage(CollectionPage):
    """All accounts, or one's own."""

    manager: Managers
    title, plural = "Accounts", "accounts"
    columns = ("name", "level", "state", "created_at", "last_seen_at", "leaves_at")

    async def things(self) -> tuple[Sequence[Model], int]:
        """Return those that the user may see."""
        return await self.manager.accounts.accounts(self.actor, *self.window())


class AccountPage(AccountPart, ThingPage):
    """An account."""

    manager: Managers
    title, template, edit_scope = "Account", "own/account.html", WRITE

    async def thing(self, name: str) -> Account:  # type: ignore[override]
        """Return it."""
        return await self.manager.accounts.account(self.actor, name)

    async def besides(self, name: str) -> dict[str, Any]:  # type: ignore[override]
        """Return what the account has, and what who looks may do with it."""
        actor = self.actor
        return {
            "plan": await self.manager.departures.plan(actor, name),
            "now": utcnow(),
            "may_leave": actor.holds(WRITE_DEPARTURES, name),
            "may_download": actor.holds(READ_SPACES, name),
            "root": self.url().removesuffix("accounts/"),
        }


class AccountEditor(AccountPart, EditorPage):
    """The form that edits an account."""

    title, model, edit_scope = "Edit account", AccountEdit, WRITE
    owner = None

    async def thing(self, name: str) -> Account:  # type: ignore[override]
        """Return it."""
        return await self.manager.accounts.account(self.actor, name)

    async def save(self, edit: AccountEdit, version: str | None, name: str) -> Account:  # type: ignore[override]
        """Save it."""
        return await self.manager.edits.edit_account(self.actor, name, edit, version)


ROUTES = (
    Route("api/guests", Guests),
    Route("api/accounts", Accounts),
    Route("api/accounts/{name}", OneAccount),
    Route("accounts", AccountsPage),
    Route("accounts/{name}", AccountPage),
    Route("accounts/{name}/edit", AccountEditor),
)
