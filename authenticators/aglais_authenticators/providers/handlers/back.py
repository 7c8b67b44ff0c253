"""The way back from a provider, which anybody may send a browser on."""

from __future__ import annotations

from aglais_authenticators.handlers.base import in_plain_words
from aglais_authenticators.handlers.register import set_registration
from aglais_authenticators.providers.claims import Person
from aglais_authenticators.providers.errors import LinkLostError, LoginDeniedError, LoginStaleError
from aglais_authenticators.providers.handlers.base import ProviderHandler
from aglais_authenticators.providers.outgoing import is_error_word
from aglais_authenticators.providers.state import (
    CHOICE,
    PREFIX,
    Begun,
    Choice,
    forget,
    keep,
    recall,
    state_id_in,
)
from aglais_hub.models.accounts import Account, Level
from aglais_hub.models.identities import IdentityRequest, Visit, VisitRequest

__all__ = ["Callback"]


class Callback(ProviderHandler):
    """Where the provider sends the browser back to; mixed into oauthenticator's own."""

    begun: Begun

    @in_plain_words
    async def get(self) -> None:
        """Ask the provider who it is, and the accounts service who that is here."""
        self.check_arguments()
        person = await self.provider.who(self)
        if self.begun.link is not None:
            await self._link(person)
        else:
            await self._visit(person)

    def check_arguments(self) -> None:
        """Believe nothing before the state: anybody can send a browser here."""
        self.check_state()
        self.check_error()
        if not self.get_argument("code", ""):
            raise LoginStaleError

    def check_state(self) -> None:
        """Check that this browser began this login at this provider, and comes back once.

        Raises
        ------
        LoginStaleError
            It did not.
        """
        state_id = state_id_in(self.get_argument("state", "")) or ""
        begun = recall(self, PREFIX + state_id, Begun)
        forget(self, PREFIX + state_id, path=self.cookie_path)
        if begun is None or begun.provider != self.provider.name:
            raise LoginStaleError
        if not self.provider.spent.spend(state_id):
            raise LoginStaleError
        # RFC 9207: a provider that says who it is must be the one that was asked.
        issuer = self.get_argument("iss", "")
        if issuer and self.provider.issuer and issuer != self.provider.issuer:
            raise LoginStaleError
        self.begun = begun

    def get_state_cookie(self) -> str:
        """Give oauthenticator its own state back."""
        return self.begun.protocol

    def check_error(self) -> None:
        """Say that somebody said no; what else the provider writes there is not to be shown."""
        error = self.get_argument("error", "")
        if not error:
            return
        word = error if is_error_word(error) else "an error"
        self.log.warning("%s sent a browser back with %s", self.provider.title, word)
        if error == "access_denied":
            raise LoginDeniedError(
                f"{self.provider.title} was not allowed to say who you are, so nothing was done. "
                "Please start again, or use another way in."
            )
        raise LoginDeniedError(
            f"{self.provider.title} did not let you in. Please start again, or use another way in."
        )

    async def _link(self, person: Person) -> None:
        user = self.current_user
        if user is None or user.name != self.begun.link:
            raise LinkLostError(
                f"{self.begun.link} is no longer logged in here, so nothing was linked. Please log "
                "in, and link again."
            )
        identity = IdentityRequest(
            provider=self.provider.name, subject=person.subject, label=person.label
        )
        await self.accounts.link(user.name, identity)
        self.redirect(self.identities_page)

    async def _visit(self, person: Person) -> None:
        here = await self.account()
        if here is not None and here.level is not Level.ANONYMOUS:
            # Logged in meanwhile, in another tab.
            self.lead_on(self.begun.next)
            return
        visit = await self.accounts.visit(self._request(person, here))
        if visit.account is None:
            self._register(visit)
        elif here is not None and visit.account.name != here.name:
            self._ask(visit.account, here)
        else:
            await self.enter(visit.account, f"oauth:{self.provider.name}")
            self.lead_on(self.begun.next)

    def _request(self, person: Person, guest: Account | None) -> VisitRequest:
        return VisitRequest(
            provider=self.provider.name,
            subject=person.subject,
            label=person.label,
            address=person.address,
            is_address_verified=person.is_address_verified,
            display_name=person.display_name,
            wished_name=person.wished_name,
            guest=guest.name if guest else None,
            came_from=self.came_from,
        )

    def _register(self, visit: Visit) -> None:
        set_registration(self, visit, self.begun.next)
        self.redirect(f"{self.hub.base_url}register/finish")

    def _ask(self, account: Account, guest: Account) -> None:
        choice = Choice(
            provider=self.provider.name,
            account=account.name,
            guest=guest.name,
            next=self.begun.next,
        )
        keep(self, CHOICE, choice, self.cookie_path)
        self.redirect(f"{self.hub.base_url}{self.provider.login_path}/choice")
