"""The way to a provider: to log in, or to link what it says to an account."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

from aglais_authenticators.handlers.base import in_plain_words
from aglais_authenticators.providers.errors import LinkLostError, ProviderUnknownError
from aglais_authenticators.providers.handlers.base import ProviderHandler
from aglais_authenticators.providers.state import Begun, kept, make_room, new_state_id

__all__ = ["Link", "Login", "UnknownProvider"]


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
        make_room(self)
        begun = Begun(
            provider=self.provider.name,
            protocol=state_cookie_value,
            next=self.begun_next,
            link=self.link,
        )
        kept(self.state_id).set(self, begun.model_dump())


class Login(Leading):
    """[Log in with ...]."""

    @in_plain_words
    async def get(self) -> None:
        """Go to the provider; a member is here already."""
        if self.current_user is not None and not self.is_guest:
            self.lead_on(self.next_path)
            return
        await self.lead()


class Link(Leading):
    """Links one more identity to the account of who is logged in."""

    @in_plain_words
    async def get(self) -> None:
        """Ask first: a link from elsewhere must not add a way into somebody's account."""
        self._check_member()
        await self.show("provider_link.html", provider=self.provider, back=self.identities_page)

    @in_plain_words
    async def post(self) -> None:
        """Go to the provider; the form carries the XSRF token."""
        self._check_member()
        self.link = self.current_user.name
        await self.lead()

    def _check_member(self) -> None:
        if self.current_user is None:
            raise LinkLostError("Please log in first; then link the other way to log in.")
        if self.is_guest:
            raise LinkLostError(
                "A guest has nothing to log in with. Please register first, with any of the ways "
                "on the login page; your work is kept."
            )
