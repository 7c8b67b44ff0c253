"""Pages of what an account logs in with: the list, its forms, and the question before one goes."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from aglais_accounts.handlers.base import AccountPart
from aglais_accounts.managers.base import IDENTITIES
from aglais_hub.errors import (
    AglaisError,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from aglais_hub.models.identities import EMAIL, AddressChangeRequest, PasswordChange
from aglais_hub.service import Route
from aglais_hub.web.actions import ActionPage

__all__ = ["ROUTES"]

REFUSALS = (InvalidRequest, Conflict, Forbidden, NotFound, TooManyRequests, Unavailable)
"""What is told above the forms; anything else is a page of its own."""

DONE = {
    "password": "The password is changed.",
    "address": "Mails are on their way. Open the links in them within a day.",
    "cancelled": "The e-mail address stays as it is.",
}
"""What is told after a form was taken."""


class IdentitiesPage(AccountPart):
    """What an account logs in with, and the forms that change it."""

    async def get(self, name: str) -> None:
        """Show it."""
        await self.show(name, done=DONE.get(self.get_query_argument("done", "")))

    async def taking(self, name: str, work: Awaitable[object], done: str) -> None:
        """Go back to the page when a form was taken; or show it again, with what is wrong."""
        try:
            await work
        except REFUSALS as problem:
            self.set_status(problem.status)
            await self.show(name, problem=problem)
        else:
            self.redirect(f"{self.url('accounts', name, 'identities')}?done={done}", status=303)

    async def show(
        self, name: str, *, problem: AglaisError | None = None, done: str | None = None
    ) -> None:
        """Show the log-ins; never a password that was typed."""
        ways = await self.manager.identities.ways(self.actor, name)
        config = self.manager.identities.config
        is_own = self.actor.kind == "user" and self.actor.name == name
        self.page(
            "own/identities.html",
            title=f"Log-ins of {name}",
            name=name,
            ways=ways,
            email=EMAIL,
            providers=config.providers,
            # The Hub links to whoever is logged in there: nobody links for somebody else.
            linkable=config.providers if is_own and ways.is_member else {},
            change=await self.manager.addresses.pending(self.actor, name),
            may_write=self.actor.holds(IDENTITIES, name) and ways.is_member,
            is_own=is_own,
            account_url=self.url("accounts", name),
            problem=problem.message if problem else None,
            done=done,
        )


class PasswordPage(IdentitiesPage):
    """The form that sets another password."""

    async def post(self, name: str) -> None:
        """Set it."""
        await self.taking(name, self._change(name), "password")

    async def _change(self, name: str) -> None:
        await self.manager.passwords.change(self.actor, name, self.read_body(PasswordChange))


class AddressPage(IdentitiesPage):
    """The form that moves the account to another e-mail address."""

    async def post(self, name: str) -> None:
        """Begin it, or send the mails once more."""
        await self.taking(name, self._change(name), "address")

    async def _change(self, name: str) -> None:
        request = self.read_body(AddressChangeRequest)
        await self.manager.addresses.change(self.actor, name, request)


class CancelAddressPage(IdentitiesPage):
    """The button that gives a change of address up."""

    async def post(self, name: str) -> None:
        """Give it up."""
        await self.taking(name, self.manager.addresses.cancel(self.actor, name), "cancelled")


class Unlinking(AccountPart, ActionPage):
    """The question before a log-in goes."""

    title, verb, act_scope = "Unlink", "Unlink", IDENTITIES
    question = "You cannot log in with it any more. An e-mail address takes the password along, "
    question += "and no more mails about the account are sent there."

    def heading(self, path: Any) -> str:
        """Return what the page is called."""
        return f"Remove a log-in of {path['name']}"

    async def get(self, name: str, identifier: str) -> None:  # type: ignore[override]
        """Ask, if there is such a log-in."""
        await self.manager.identities.identity(self.actor, name, identifier)
        await super().get(name=name, identifier=identifier)

    async def act(self, name: str, identifier: str) -> None:  # type: ignore[override]
        """Unlink it."""
        await self.manager.identities.unlink(self.actor, name, identifier)


ROUTES = (
    Route("accounts/{name}/identities", IdentitiesPage),
    Route("accounts/{name}/identities/{identifier}/unlink", Unlinking),
    Route("accounts/{name}/password", PasswordPage),
    Route("accounts/{name}/address", AddressPage),
    Route("accounts/{name}/address/cancel", CancelAddressPage),
)
