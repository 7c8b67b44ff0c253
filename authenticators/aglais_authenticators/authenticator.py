"""The platform's authenticator: the accounts service knows who there is, doors let them in."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import Any

from jupyterhub.auth import Authenticator
from tornado.web import HTTPError
from traitlets import Bool, Dict, Unicode, default

from aglais_authenticators.handlers import ROUTES, DoorHandler
from aglais_authenticators.levels import mirror_level
from aglais_authenticators.providers import Provider, open_providers
from aglais_authenticators.providers.handlers import provider_routes
from aglais_hub.client import AccountsClient, BookingClient
from aglais_hub.errors import AglaisError, NotFound
from aglais_hub.models.accounts import AccountState

__all__ = ["AglaisAuthenticator"]

LOOK_UP_SECONDS = 2
"""How long a page may wait for the accounts service to say that its reader still has an account."""

REFRESH_SECONDS = 60
"""How long somebody whose account is gone may go on looking at the Hub's pages."""


class AglaisAuthenticator(Authenticator):
    """Logs in whom the accounts service knows, or makes known.

    A door is a way to come in: a guest's click, an address with its password, an OAuth provider, a
    code from a mail, a token of another site. All of them end in an account.
    """

    accounts_url = Unicode(
        config=True, help="Address of the accounts service's API, ends with /api/"
    )
    api_token = Unicode(
        config=True, help="Token of the Hub's own service, for the accounts service's API"
    )
    booking_url = Unicode(
        config=True, help="Address of the booking service's API, for the Hub's admin panel"
    )
    guest_door = Bool(True, config=True, help="Whether [Give it a try] is on the login page")
    password_door = Bool(True, config=True, help="Whether people log in with e-mail and password")
    signup = Bool(True, config=True, help="Whether people may make accounts of their own")

    providers = Dict(
        config=True,
        help="OAuth providers by name: `class` (github, gitlab, google, facebook, orcid, oidc, or "
        "the path of a class of oauthenticator), `title`, and traits of that class such as "
        "`client_id`; docs/how-to/login-providers.md",
    )

    @default("allow_all")
    def _allow_all(self) -> bool:
        # Who comes in through a door has an account.
        return True

    @default("auth_refresh_age")
    def _auth_refresh_age(self) -> int:
        return REFRESH_SECONDS

    @property
    def accounts(self) -> AccountsClient:
        """Client of the accounts service."""
        if not hasattr(self, "_accounts"):
            self._accounts = AccountsClient(self.accounts_url, self.api_token)
        return self._accounts

    @cached_property
    def booking(self) -> BookingClient:
        """Client of the booking service."""
        return BookingClient(self.booking_url, self.api_token)

    @cached_property
    def opened_providers(self) -> dict[str, Provider]:
        """OAuth providers by name."""
        return open_providers(self.providers)

    @property
    def shown_providers(self) -> list[Provider]:
        """OAuth providers for the login page: each has `name`, `title` and `login_path`."""
        return list(self.opened_providers.values())

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        """Return the Hub's URLs that are ours: doors, and the way out."""
        return [*ROUTES, *provider_routes(self.opened_providers)]

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """Let in whom a door of ours names; JupyterHub asks for forms and for its API, too.

        Raises
        ------
        HTTPError
            Nobody came through a door (403).
        """
        if not isinstance(handler, DoorHandler) or "account" not in (data or {}):
            raise HTTPError(403, "Please come in through one of the doors on the login page.")
        return {"name": data["account"], "admin": False}

    async def refresh_user(self, user: Any, handler: Any = None) -> bool:
        """Log out whose account is gone; while the accounts service is away, everybody stays."""
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                account = await self.accounts.account(user.name)
        except NotFound:
            return False
        except (AglaisError, TimeoutError) as problem:
            self.log.warning("%s is not looked up: %r", user.name, problem)
            return True
        if account.state is AccountState.LEAVING:
            return False
        mirror_level(user, account.level)
        return True

    @property
    def trusted_proxies(self) -> frozenset[str]:
        """Addresses of proxies before ours, as JupyterHub was told them."""
        return frozenset(getattr(self.parent, "trusted_downstream_ips", ()))
