"""Registration: ways for a guest to stay, and what is asked after a first login at a provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aglais_authenticators.handlers.asking import WrongFieldError, ask, field_of
from aglais_authenticators.handlers.base import DoorHandler, PlainHandler, in_plain_words
from aglais_authenticators.handlers.kept import Kept
from aglais_authenticators.handlers.signup import check_open
from aglais_hub.errors import AglaisError, Conflict, InvalidRequest, NotFound
from aglais_hub.models.identities import Registration, Visit

__all__ = ["FinishHandler", "RegisterHandler", "set_registration"]

REGISTRATION = Kept("aglais-registration", timedelta(hours=1))
"""The code with which somebody who came by a provider may register."""


def set_registration(
    handler: PlainHandler, visit: Visit, *, title: str = "", next_path: str | None = None
) -> None:
    """Let a browser that came back from a provider go on to /hub/register/finish.

    Parameters
    ----------
    visit
        What the accounts service said of who came: nobody known, so there is a code.
    title
        What people call the provider.
    next_path
        Where the browser goes when there is an account.
    """
    kept = visit.model_dump(mode="json", include={"code", "name", "needs_address", "doors"})
    REGISTRATION.set(handler, kept | {"title": title, "next": next_path})


class RegisterHandler(PlainHandler):
    """[Register]: a guest is shown the ways to become a member, and keep the work."""

    @in_plain_words
    async def get(self) -> None:
        """Show them; who is no guest is led to where new accounts are made."""
        if self.current_user is None:
            self.redirect_to("signup", next=self.next_path)
        elif not self.is_guest:
            self.redirect_to("home")
        else:
            check_open(self)
            await self.show("register.html")


class FinishHandler(DoorHandler):
    """The page between a first login at a provider and the account."""

    @in_plain_words
    async def get(self) -> None:
        """Ask what the account needs."""
        check_open(self)
        kept = self._kept()
        await self._form(kept, {"name": kept["name"] or "", "display_name": "", "address": ""})

    @in_plain_words
    async def post(self) -> None:
        """Make the account and log in; or show the form again with what is wrong."""
        check_open(self)
        kept = self._kept()
        typed = {
            "name": self.get_body_argument("name", "").lower(),
            "display_name": self.get_body_argument("display_name", ""),
            "address": self.get_body_argument("address", ""),
        }
        try:
            if kept["needs_address"] and not typed["address"]:
                raise WrongFieldError("address")
            account = await self.accounts.register(
                ask(Registration, code=kept["code"], came_from=self.came_from, **typed)
            )
        except (InvalidRequest, Conflict) as problem:
            await self._form(kept, typed, problem)
            return
        REGISTRATION.drop(self)
        await self.enter(account, "registration")
        self.lead_on(kept["next"])

    def _kept(self) -> dict[str, Any]:
        kept = REGISTRATION.get(self)
        if not kept:
            raise NotFound("This took too long, or is done already. Please log in once more.")
        return kept

    async def _form(
        self, kept: dict[str, Any], typed: dict[str, str], problem: AglaisError | None = None
    ) -> None:
        await self.show(
            "finish.html",
            status=problem.status if problem else 200,
            kept=kept,
            typed=typed,
            problem=problem,
            wrong=problem and field_of(problem),
        )
