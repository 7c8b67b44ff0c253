"""E-mail and password."""

from __future__ import annotations

from aglais_authenticators.handlers.asking import WrongFieldError, ask
from aglais_authenticators.handlers.base import (
    DoorClosedError,
    DoorHandler,
    PlainHandler,
    in_plain_words,
)
from aglais_hub.errors import AglaisError, Forbidden
from aglais_hub.models.identities import PasswordLogin

__all__ = ["PasswordHandler", "check_passwords"]

REFUSED = "login-refused"
"""Code of the accounts service where address and password do not belong together."""


def check_passwords(handler: PlainHandler) -> None:
    """Refuse passwords where they are not used.

    Raises
    ------
    DoorClosedError
        It says so.
    """
    if not handler.authenticator.password_door:
        raise DoorClosedError("Nobody logs in with a password here. Please use another door.")


class PasswordHandler(DoorHandler):
    """The door of those who have a password."""

    async def get(self) -> None:
        """Lead who came by the address bar to the form."""
        self.redirect(self.settings["login_url"])

    @in_plain_words
    async def post(self) -> None:
        """Log in; or show the form again, which says the same whatever was wrong."""
        check_passwords(self)
        address = self.get_body_argument("address", "")
        try:
            account = await self.accounts.log_in(
                ask(
                    PasswordLogin,
                    address=address,
                    password=self.get_body_argument("password", "", strip=False),
                    came_from=self.came_from,
                )
            )
        except (WrongFieldError, Forbidden) as problem:
            await self._again(problem, address)
            return
        await self.enter(account, "password")
        self.lead_on(self.next_path)

    async def _again(self, problem: AglaisError, address: str) -> None:
        if not isinstance(problem, WrongFieldError) and problem.code != REFUSED:
            raise problem
        await self.show(
            "login.html", status=problem.status, login_error=problem.message, address=address
        )
