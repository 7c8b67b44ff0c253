"""Between a guest and an account that turned out to be theirs."""

from __future__ import annotations

from aglais_authenticators.handlers.base import in_plain_words
from aglais_authenticators.providers.errors import ChoiceLostError
from aglais_authenticators.providers.handlers.base import ProviderHandler
from aglais_authenticators.providers.state import CHOICE, Choice
from aglais_hub.errors import AglaisError
from aglais_hub.models.accounts import Level

__all__ = ["Choosing"]


class Choosing(ProviderHandler):
    """A guest has an account: the guest's work is not moved there, so it is asked first."""

    @in_plain_words
    async def get(self) -> None:
        """Ask."""
        choice = self._choice()
        await self.show("provider_choice.html", choice=choice, provider=self.provider)

    @in_plain_words
    async def post(self) -> None:
        """Go on as the one or the other."""
        choice = self._choice()
        CHOICE.drop(self)
        if self.get_body_argument("go_on_as", "") != choice.account:
            self.lead_on()
            return
        account = await self.accounts.account(choice.account)
        await self.enter(account, f"oauth:{self.provider.name}")
        await self._end(choice.guest)
        self.lead_on(choice.next)

    async def _end(self, guest: str) -> None:
        """Let a guest go; if that cannot be said just now, its idle time ends it.

        One who has become a member since the question was asked, in another tab, stays.
        """
        try:
            await self.accounts.leave(
                guest, "logged in with an account", only_level=Level.ANONYMOUS
            )
        except AglaisError as problem:
            self.log.warning("%s stays for now: %s", guest, problem.message)

    def _choice(self) -> Choice:
        values, user = CHOICE.get(self), self.current_user
        if values.get("provider") != self.provider.name:
            raise ChoiceLostError("There is nothing to choose any more. Please log in again.")
        if user is None or user.name != values["guest"]:
            raise ChoiceLostError("You are no longer here as that guest. Please log in again.")
        return Choice.model_validate(values)
