"""A forgotten password: a mail, and a new password with its link."""

from __future__ import annotations

from typing import Any

from jupyterhub import orm

from aglais_authenticators.handlers.asking import WrongFieldError, ask, field_of, with_code
from aglais_authenticators.handlers.base import DoorHandler, PlainHandler, in_plain_words
from aglais_authenticators.handlers.password import check_passwords
from aglais_hub.errors import AglaisError, InvalidRequest
from aglais_hub.models.identities import PasswordReset, PasswordResetRequest

__all__ = ["NewPasswordHandler", "ResetHandler"]


class ResetHandler(PlainHandler):
    """Asks for the address; whether it is known, only its owner learns."""

    @in_plain_words
    async def get(self) -> None:
        """Show the form."""
        check_passwords(self)
        await self.show("reset.html", address=self.get_argument("address", ""))

    @in_plain_words
    async def post(self) -> None:
        """Send a mail, if there is somebody to send it to."""
        check_passwords(self)
        address = self.get_body_argument("address", "")
        try:
            await self.accounts.request_reset(
                ask(PasswordResetRequest, address=address, came_from=self.came_from)
            )
        except WrongFieldError as problem:
            await self.show("reset.html", status=400, address=address, problem=problem)
            return
        await self.show("reset.html", address=address, is_sent=True)


class NewPasswordHandler(DoorHandler):
    """The link of the mail."""

    hidden_below = "/reset/"

    @in_plain_words
    async def get(self, _code: str) -> None:
        """Show the form; the code is not used, as mail scanners follow links, too."""
        check_passwords(self)
        await self.show("new_password.html")

    @in_plain_words
    async def post(self, code: str) -> None:
        """Set the password, end all logins that were made with the old one, and log in."""
        check_passwords(self)
        try:
            account = await self.accounts.reset_password(
                with_code(
                    PasswordReset,
                    code=code,
                    password=self.get_body_argument("password", "", strip=False),
                    came_from=self.came_from,
                )
            )
        except InvalidRequest as problem:
            await self._again(problem)
            return
        self._end_logins(account.name)
        await self.enter(account, "reset")
        self.lead_on()

    async def _again(self, problem: AglaisError) -> None:
        if field_of(problem) != "password":
            raise problem
        await self.show("new_password.html", status=problem.status, problem=problem)

    def _end_logins(self, name: str) -> None:
        """End all logins of an account: who knew the old password may be in one of them.

        Its API tokens, which were made on purpose and can be seen and removed, stay.
        """
        user: Any = orm.User.find(self.db, name)
        if user is None:
            return
        user.cookie_id = orm.new_token()
        of_browsers = orm.APIToken.session_id.is_not(None)
        for token in self.db.query(orm.APIToken).filter_by(user_id=user.id).filter(of_browsers):
            self.db.delete(token)
        self.db.commit()
        if self.current_user is not None and self.current_user.name == name:
            self._jupyterhub_user = None
