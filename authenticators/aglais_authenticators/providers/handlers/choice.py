"""Between a guest and an account that turned out to be theirs."""

from __future__ import annotations

from aglais_authenticators.handlers.base import in_plain_words
from aglais_authenticators.providers.errors import ChoiceLostError
from aglais_authenticators.providers.handlers.base import ProviderHandler
from aglais_authenticators.providers.state import CHOICE, Choice, forget, recall

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
        forget(self, CHOICE, path=self.cookie_path)
        if self.get_body_argument("go_on_as", "") != choice.account:
            self.lead_on()
            return
        account = await self.accounts.account(choice.account)
        await self.accounts.leave(choice.guest, "logged in with an account")
        await self.enter(account, f"oauth:{self.provider.name}")
        self.lead_on(choice.next)

    def _choice(self) -> Choice:
        choice: Choice | None = recall(self, CHOICE, Choice)
        user = self.current_user
        if choice is None or choice.provider != self.provider.name:
            raise ChoiceLostError("There is nothing to choose any more. Please log in again.")
        if user is None or user.name != choice.guest:
            raise ChoiceLostError("You are no longer here as that guest. Please log in again.")
        return choice
