"""The platform's authenticator: the accounts service knows who there is, doors let them in."""

from __future__ import annotations

from typing import Any

from jupyterhub.auth import Authenticator
from tornado.web import HTTPError
from traitlets import Bool, Unicode

from aglais_authenticators.addresses import came_from
from aglais_authenticators.handlers import GuestHandler, LeaveHandler
from aglais_hub.client import AccountsClient

__all__ = ["AglaisAuthenticator"]


class AglaisAuthenticator(Authenticator):
    """Logs in whom the accounts service knows, or makes known.

    A door is a way to come in. The guest door makes a level-0 account at a click.
    """

    accounts_url = Unicode(
        config=True, help="Address of the accounts service's API, ends with /api/"
    )
    api_token = Unicode(
        config=True, help="Token of the Hub's own service, for the accounts service's API"
    )
    guest_door = Bool(True, config=True, help="Whether [Give it a try] is on the login page")

    # Who comes in through a door has an account; the lists of names are for administrators only.
    allow_all = True

    @property
    def accounts(self) -> AccountsClient:
        """Client of the accounts service."""
        if not hasattr(self, "_accounts"):
            self._accounts = AccountsClient(self.accounts_url, self.api_token)
        return self._accounts

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        """Return the Hub's URLs that are ours: doors, and the way out."""
        return [("/login/guest", GuestHandler), ("/logout", LeaveHandler)]

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """Let somebody in through a door; JupyterHub asks for forms and for its API alike.

        Raises
        ------
        HTTPError
            There is no such door (403).
        AglaisError
            The door is closed just now; the handler shows when it opens.
        """
        if not isinstance(handler, GuestHandler):
            raise HTTPError(403, "Please come in through one of the doors on the login page.")
        if not self.guest_door:
            raise HTTPError(403, "Guests are not let in here. Please use another door.")
        address = came_from(handler.request, self.trusted_proxies)
        account = await self.accounts.open_guest(address, key=data["click"])
        return {"name": account.name, "admin": False}

    @property
    def trusted_proxies(self) -> frozenset[str]:
        """Addresses of proxies before ours, as JupyterHub was told them."""
        return frozenset(getattr(self.parent, "trusted_downstream_ips", ()))
