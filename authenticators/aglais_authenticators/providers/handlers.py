"""The Hub's URLs of OAuth providers: there, back, and what is asked in between."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from inspect import isawaitable
from typing import Any, ClassVar

from jupyterhub.utils import url_path_join
from oauthenticator.oauth2 import OAuthCallbackHandler
from tornado.web import HTTPError

from aglais_authenticators.handlers.base import DoorHandler, in_plain_words
from aglais_authenticators.handlers.register import set_registration
from aglais_authenticators.providers.claims import Person
from aglais_authenticators.providers.errors import (
    PROVIDER_ERRORS,
    ChoiceLostError,
    LinkLostError,
    LoginDeniedError,
    LoginStaleError,
    ProviderUnknownError,
)
from aglais_authenticators.providers.outgoing import is_error_word
from aglais_authenticators.providers.provider import Provider
from aglais_authenticators.providers.state import (
    CHOICE,
    PREFIX,
    Begun,
    Choice,
    forget,
    keep,
    new_state_id,
    recall,
    state_id_in,
    too_many,
)
from aglais_hub.errors import AglaisError, NotFound
from aglais_hub.models.accounts import Account, Level
from aglais_hub.models.identities import IdentityRequest, Visit, VisitRequest

__all__ = ["provider_routes"]


def provider_routes(providers: Mapping[str, Provider]) -> list[tuple[str, type]]:
    """Return the Hub's URLs of all providers, and one that says that there is no other."""
    routes: list[tuple[str, type]] = []
    for provider in providers.values():
        routes += _routes(provider)
    return [*routes, ("/login/oauth/.*", UnknownProvider)]


def _routes(provider: Provider) -> Iterable[tuple[str, type]]:
    """Return the URLs of one provider; its class may have a way of its own to send people there."""
    leading = provider.authenticator.login_handler
    path = f"/{provider.login_path}"
    yield path, _of(provider, Login, leading)
    yield f"{path}/link", _of(provider, Link, leading)
    yield f"{path}/callback", _of(provider, Callback, OAuthCallbackHandler)
    yield f"{path}/choice", _of(provider, Choosing)


def _of(provider: Provider, *bases: type) -> type:
    def fill(members: dict[str, Any]) -> None:
        members["provider"] = provider

    return types.new_class(bases[0].__name__, bases, exec_body=fill)


class ProviderHandler(DoorHandler):
    """A step of a login at a provider."""

    provider: ClassVar[Provider]

    @property
    def cookie_path(self) -> str:
        """The pages that cookies of logins under way are sent to."""
        return url_path_join(self.hub.base_url, "login/oauth/")

    async def account(self) -> Account | None:
        """Return the account of who is logged in."""
        if self.current_user is None:
            return None
        try:
            return await self.accounts.account(self.current_user.name)
        except NotFound:
            return None

    async def refuse(self, problem: AglaisError) -> None:
        """Say what went wrong at the provider; what the accounts service says is said as ever."""
        if not isinstance(problem, PROVIDER_ERRORS):
            await super().refuse(problem)
            return
        if problem.retry_after is not None:
            self.set_header("Retry-After", str(problem.retry_after))
        await self.show("provider_problem.html", status=problem.status, problem=problem)


class UnknownProvider(ProviderHandler):
    """Where no provider is."""

    @in_plain_words
    async def get(self) -> None:
        """Say so."""
        raise ProviderUnknownError(
            "There is no such way to log in here. Please choose one on the login page."
        )

    post = get


class Leading(ProviderHandler):
    """Sends a browser to the provider; mixed into the login handler of its class."""

    begun_next: str | None = None
    link: str | None = None
    _is_leading = False

    @property
    def authenticator(self) -> Any:
        """The provider's own while the browser is sent there, else the platform's."""
        return self.provider.authenticator if self._is_leading else super().authenticator

    async def lead(self) -> None:
        """Redirect to the provider."""
        await self.provider.discover()
        self.begun_next = self.next_path
        self._is_leading = True
        try:
            sent = self.provider.authenticator.login_handler.get(self)
            if isawaitable(sent):
                await sent
        finally:
            self._is_leading = False

    def _generate_state_id(self) -> str:
        """Name this login; oauthenticator asks for it."""
        self.state_id = new_state_id()
        return self.state_id

    def _get_next_url(self) -> None:
        """Tell oauthenticator of no `next`: it is kept beside its state, and checked as ours."""

    def set_state_cookie(self, state_cookie_value: str) -> None:
        """Keep oauthenticator's state until the browser comes back."""
        forget(self, *too_many(self), path=self.cookie_path)
        begun = Begun(
            provider=self.provider.name,
            protocol=state_cookie_value,
            next=self.begun_next,
            link=self.link,
        )
        keep(self, PREFIX + self.state_id, begun, self.cookie_path)


class Login(Leading):
    """[Log in with ...]."""

    @in_plain_words
    async def get(self) -> None:
        """Go to the provider; a member is here already."""
        account = await self.account()
        if account is not None and account.level is not Level.ANONYMOUS:
            self.lead_on(self.next_path)
            return
        await self.lead()


class Link(Leading):
    """Links one more identity to the account of who is logged in."""

    @in_plain_words
    async def get(self) -> None:
        """Ask first: a link from elsewhere must not add a way into somebody's account."""
        await self._member()
        await self.show("provider_link.html", provider=self.provider, back=self._identities())

    @in_plain_words
    async def post(self) -> None:
        """Go to the provider; the form carries the XSRF token."""
        self.link = (await self._member()).name
        await self.lead()

    async def _member(self) -> Account:
        account = await self.account()
        if account is None:
            raise LinkLostError("Please log in first; then link the other way to log in.")
        if account.level is Level.ANONYMOUS:
            raise LinkLostError(
                "A guest has nothing to log in with. Please register first, with any of the ways "
                "on the login page; your work is kept."
            )
        return account

    def _identities(self) -> str:
        return identities_page(self)


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
        self.redirect(identities_page(self))

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
        self.redirect(url_path_join(self.hub.base_url, "register/finish"))

    def _ask(self, account: Account, guest: Account) -> None:
        choice = Choice(
            provider=self.provider.name,
            account=account.name,
            guest=guest.name,
            next=self.begun.next,
        )
        keep(self, CHOICE, choice, self.cookie_path)
        self.redirect(url_path_join(self.hub.base_url, self.provider.login_path, "choice"))


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


def identities_page(handler: ProviderHandler) -> str:
    """Return the page of what the account of who is logged in logs in with."""
    user = handler.current_user
    if user is None:
        raise HTTPError(403)
    return url_path_join(
        handler.base_url, "services/accounts/accounts", user.escaped_name, "identities"
    )
