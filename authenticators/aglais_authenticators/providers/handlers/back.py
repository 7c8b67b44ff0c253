"""The way back from a provider, which anybody may send a browser on."""

from __future__ import annotations

from aglais_authenticators.handlers.base import in_plain_words
from aglais_authenticators.handlers.register import set_registration
from aglais_authenticators.handlers.signup import check_open
from aglais_authenticators.providers.claims import Person
from aglais_authenticators.providers.errors import LinkLostError, LoginDeniedError, LoginStaleError
from aglais_authenticators.providers.handlers.base import ProviderHandler
from aglais_authenticators.providers.outgoing import is_error_word
from aglais_authenticators.providers.state import CHOICE, Begun, Choice, kept, state_id_in
from aglais_hub.models.accounts import Account
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
        values = kept(state_id).get(self)
        kept(state_id).drop(self)
        if values.get("provider") != self.provider.name:
            raise LoginStaleError
        if not self.provider.spent.spend(state_id):
            raise LoginStaleError
        # RFC 9207: a provider that says who it is must be the one that was asked.
        issuer = self.get_argument("iss", "")
        if issuer and self.provider.issuer and issuer != self.provider.issuer:
            raise LoginStaleError
        self.begun = Begun.model_validate(values)

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
        if self.current_user is not None and not self.is_guest:
            # Logged in meanwhile, in another tab.
            self.lead_on(self.begun.next)
            return
        visit = await self.accounts.visit(self._request(person))
        if visit.account is None:
            self._register(visit)
        elif self.is_guest and visit.account.name != self.current_user.name:
            self._ask(visit.account)
        else:
            await self.enter(visit.account, f"oauth:{self.provider.name}")
            self.lead_on(self.begun.next)

    def _request(self, person: Person) -> VisitRequest:
        # Where nobody may make an account, a guest does not become a member either.
        stays = self.is_guest and self.authenticator.signup
        return VisitRequest(
            provider=self.provider.name,
            subject=person.subject,
            label=person.label,
            address=person.address,
            is_address_verified=person.is_address_verified,
            display_name=person.display_name,
            wished_name=person.wished_name,
            guest=self.current_user.name if stays else None,
            came_from=self.came_from,
        )

    def _register(self, visit: Visit) -> None:
        check_open(self)
        set_registration(self, visit, title=self.provider.title, next_path=self.begun.next)
        self.redirect_to("register/finish")

    def _ask(self, account: Account) -> None:
        choice = Choice(
            provider=self.provider.name,
            account=account.name,
            guest=self.current_user.name,
            next=self.begun.next,
        )
        CHOICE.set(self, choice.model_dump())
        self.redirect_to(f"{self.provider.login_path}/choice")
