"""Accounts with e-mail and password: sign-up, and the mail that follows."""

from __future__ import annotations

import secrets
from datetime import timedelta

from aglais_authenticators.handlers.asking import ask, field_of, with_code
from aglais_authenticators.handlers.base import (
    DoorClosedError,
    DoorHandler,
    PlainHandler,
    in_plain_words,
)
from aglais_authenticators.handlers.kept import Kept
from aglais_authenticators.handlers.password import check_passwords
from aglais_authenticators.levels import mirror_level
from aglais_hub.errors import AglaisError, Conflict, InvalidRequest, NotFound
from aglais_hub.models.identities import (
    Confirmation,
    ConfirmationRequest,
    ResendRequest,
    SignupRequest,
)

__all__ = ["ConfirmHandler", "SentHandler", "SignupHandler", "check_open"]

SIGNUP = Kept("aglais-signup", timedelta(days=2))
"""What the browser that signs up is known by; longer than the code of the mail counts."""

TYPED = ("address", "name", "display_name")
"""Fields that are shown again when something is wrong with the form."""


def check_open(handler: PlainHandler) -> None:
    """Refuse new accounts where they are not wanted.

    Raises
    ------
    DoorClosedError
        It says so.
    """
    if not handler.authenticator.signup:
        raise DoorClosedError(
            "New accounts are not made here. Please ask those who run this platform."
        )


class SignupHandler(PlainHandler):
    """The form; a guest who fills it in keeps name and work."""

    @in_plain_words
    async def get(self) -> None:
        """Show it."""
        if not self._leads_home():
            self._check()
            await self._form()

    @in_plain_words
    async def post(self) -> None:
        """Take it: a mail is sent, and nothing more happens until its link is followed."""
        if self._leads_home():
            return
        self._check()
        try:
            request = self._request()
            await self.accounts.sign_up(request)
        except (InvalidRequest, Conflict) as problem:
            await self._form(problem)
            return
        assert request.browser is not None  # noqa: S101 (just made)
        kept = {"browser": request.browser.get_secret_value(), "address": request.address}
        SIGNUP.set(self, kept | {"next": self.next_path})
        self.redirect(f"{self.hub.base_url}signup/sent")

    def _leads_home(self) -> bool:
        """Send on who has an account already."""
        if self.current_user is None or self.is_guest:
            return False
        self.redirect(f"{self.hub.base_url}home")
        return True

    def _check(self) -> None:
        check_open(self)
        check_passwords(self)

    def _request(self) -> SignupRequest:
        browser = SIGNUP.get(self).get("browser") or secrets.token_urlsafe(32)
        return ask(
            SignupRequest,
            address=self.get_body_argument("address", ""),
            password=self.get_body_argument("password", "", strip=False),
            name="" if self.is_guest else self.get_body_argument("name", "").lower(),
            display_name=self.get_body_argument("display_name", ""),
            guest=self.current_user.name if self.is_guest else None,
            browser=browser,
            next=self.next_path,
            came_from=self.came_from,
        )

    async def _form(self, problem: AglaisError | None = None) -> None:
        await self.show(
            "signup.html",
            status=problem.status if problem else 200,
            problem=problem,
            wrong=problem and field_of(problem),
            typed={name: self.get_body_argument(name, "") for name in TYPED},
        )


class SentHandler(PlainHandler):
    """Says where the code went."""

    @in_plain_words
    async def get(self) -> None:
        """Show it to the browser that signed up."""
        kept = SIGNUP.get(self)
        if not kept:
            self.redirect(f"{self.hub.base_url}signup")
            return
        is_again = bool(self.get_query_argument("again", ""))
        values = {"address": kept["address"], "next": kept["next"], "is_again": is_again}
        await self.show("check_mail.html", **values)

    @in_plain_words
    async def post(self) -> None:
        """Send it once more."""
        check_passwords(self)
        kept = SIGNUP.get(self)
        if not kept:
            raise NotFound("This took too long, or is done already. Please log in, or sign up.")
        address, browser = kept["address"], kept["browser"]
        await self.accounts.resend(
            ask(ResendRequest, address=address, browser=browser, came_from=self.came_from)
        )
        self.redirect_to("signup/sent", again="1")


class ConfirmHandler(DoorHandler):
    """The link of a mail; a door only for the browser that signed up."""

    hidden_below = "/confirm/"

    @in_plain_words
    async def get(self, code: str) -> None:
        """Confirm an address.

        A mail scanner follows links, too: it confirms, and is led to the login page.
        """
        confirmation = await self.accounts.confirm(
            with_code(
                ConfirmationRequest,
                code=code,
                browser=SIGNUP.get(self).get("browser"),
                came_from=self.came_from,
            )
        )
        await self._welcome(confirmation)

    async def _welcome(self, confirmation: Confirmation) -> None:
        account, here = confirmation.account, self.current_user
        if here is not None and here.name == account.name:
            mirror_level(here, account.level)
        elif confirmation.is_same_browser and (here is None or self.is_guest):
            await self.enter(account, "signup")
        elif here is not None:
            await self.show("confirmed.html", confirmation=confirmation)
            return
        else:
            self.redirect_to("login", confirmed="1", next=confirmation.next)
            return
        SIGNUP.drop(self)
        self.lead_on(confirmation.next)
