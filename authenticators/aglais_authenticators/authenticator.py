"""The platform's authenticator: the accounts service knows who there is, doors let them in."""

from __future__ import annotations

from typing import Any

from jupyterhub.auth import Authenticator
from traitlets import Bool, Unicode

from aglais_authenticators.handlers import GuestHandler, LeaveHandler
from aglais_hub.client import AccountsClient

__all__ = ["AglaisAuthenticator"]

GUEST = "guest"


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
        """Let somebody in through a door, or nobody.

        Raises
        ------
        AglaisError
            The door is closed just now; the handler shows when it opens.
        """
        if data.get("door") != GUEST or not self.guest_door:
            return None
        account = await self.accounts.open_guest(handler.request.remote_ip, key=data["click"])
        return {"name": account.name, "admin": False}
