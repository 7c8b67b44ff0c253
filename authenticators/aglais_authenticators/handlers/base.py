"""What all doors share: they keep secrets out of logs, say refusals in plain words, let in."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.metrics import TOTAL_USERS
from pydantic import TypeAdapter, ValidationError
from tornado.httputil import HTTPServerRequest, url_concat
from tornado.web import HTTPError

from aglais_authenticators.levels import is_in_level, make_user, mirror_level
from aglais_hub.client import AccountsClient
from aglais_hub.errors import AglaisError, Conflict, Forbidden, Unavailable
from aglais_hub.models.accounts import Account, AccountState, Level
from aglais_hub.models.identities import NextPath
from aglais_hub.web.addresses import came_from

__all__ = ["DoorClosedError", "DoorHandler", "PlainHandler", "in_plain_words"]

INSIDE = {"forbidden", "unauthorized", "error", "refused", "invalid-request"}
"""Codes of refusals that are not about the person but about the platform's own parts."""

RETRY_SECONDS = 60

NEXT: TypeAdapter[str] = TypeAdapter(NextPath)


class AccountLeavingError(Conflict):
    """Everything of the account is being erased; nobody comes in with it any more."""

    code = "account-leaving"


class DoorClosedError(Forbidden):
    """The configuration wants nobody to come in this way."""

    code = "door-closed"


class PlainHandler(BaseHandler):
    """A page before or beside the login, whose address may hold a secret."""

    hidden_below: ClassVar[str] = ""
    """Part of the path after which a code follows."""

    def initialize(self) -> None:
        """Take secrets out of what JupyterHub and Tornado write to logs."""
        _hide_secrets(self.request, self.hidden_below)

    def set_default_headers(self) -> None:
        """Let no code be kept by browsers, nor told to the next site."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")

    @property
    def accounts(self) -> AccountsClient:
        """Client of the accounts service."""
        accounts: AccountsClient = self.authenticator.accounts
        return accounts

    @property
    def came_from(self) -> str:
        """Network address that the request came from."""
        return came_from(self.request, self.authenticator.trusted_proxies)

    @property
    def next_path(self) -> str | None:
        """Where the browser wants to go afterwards: a path on this platform, or none."""
        wanted = self._validate_next_url(self.get_argument("next", ""))
        try:
            return NEXT.validate_python(wanted)
        except ValidationError:
            return None

    @property
    def is_guest(self) -> bool:
        """Whether a guest is logged in."""
        return self.current_user is not None and is_in_level(self.current_user, Level.ANONYMOUS)

    def redirect_to(self, path: str, **query: str | None) -> None:
        """Send the browser on to a page of the Hub."""
        given = {name: value for name, value in query.items() if value}
        self.redirect(url_concat(f"{self.hub.base_url}{path}", given))

    async def show(self, template: str, *, status: int = 200, **values: Any) -> None:
        """Answer with a page."""
        self.set_status(status)
        values = {"authenticator": self.authenticator, "next": self.next_path, **values}
        self.finish(await self.render_template(template, **values))

    async def refuse(self, problem: AglaisError) -> None:
        """Say what cannot be, and when it will; what is wrong inside is for administrators."""
        if _is_inside(problem):
            self.log.error("%s: %s", type(self).__name__, problem.message)
            problem = Unavailable(
                "This cannot be done just now; the administrators can see why.",
                retry_after=RETRY_SECONDS,
            )
        if problem.retry_after is not None:
            self.set_header("Retry-After", str(problem.retry_after))
        await self.show("refused.html", status=problem.status, problem=problem)


class DoorHandler(PlainHandler):
    """A way in.

    The authenticator believes whom a door names; so a door never passes on what a form says, but
    only whom the accounts service answered.
    """

    _entering: Account
    """Who comes in just now."""

    async def enter(self, account: Account, door: str) -> Any:
        """Log an account in; returns the Hub's user.

        Raises
        ------
        AccountLeavingError
            Everything of the account is being erased.
        """
        if account.state is AccountState.LEAVING:
            raise AccountLeavingError("This account is being erased. Nobody can log in with it.")
        if self.current_user is not None and self.current_user.name != account.name:
            self._forget()
        self._entering = account
        user = await self.login_user({"door": door, "account": account.name})
        if user is None:
            raise HTTPError(403, "You are not let in here.")
        mirror_level(user, account.level)
        return user

    def user_from_username(self, username: str) -> Any:
        """Make the Hub user of who comes in, whom JupyterHub has not found."""
        user = make_user(self.db, username, self._entering.level)
        TOTAL_USERS.inc()
        return self._user_from_orm(user)

    def _forget(self) -> None:
        """End the login of somebody else in this browser, at the services, too."""
        self.log.info("User logged out: %s", self.current_user.name)
        self.clear_login_cookie()
        self._session_id = uuid.uuid4().hex
        self.set_session_cookie()

    def lead_on(self, next_path: str | None = None) -> None:
        """Send the browser where it wanted to go, or to the session of who is logged in."""
        user = self.current_user
        # Asked first because a server's object takes its time to make, and most have none.
        is_ready = user.active and user.spawner.ready
        session = user.server_url() if is_ready else f"{self.hub.base_url}spawn"
        self.redirect(next_path or session)


def in_plain_words(
    method: Callable[..., Awaitable[None]],
) -> Callable[..., Awaitable[None]]:
    """Show what the accounts service refuses, or that it is away, as a page."""

    @functools.wraps(method)
    async def told(self: PlainHandler, *path: str, **named: str) -> None:
        try:
            await method(self, *path, **named)
        except AglaisError as problem:
            await self.refuse(problem)

    return told


def _is_inside(problem: AglaisError) -> bool:
    return problem.code in INSIDE or (
        problem.status >= AglaisError.status and problem.status != Unavailable.status
    )


def _hide_secrets(request: HTTPServerRequest, hidden_below: str) -> None:
    """Let logs show that there was a code, and a query, but not which; arguments are read."""
    path, _, query = (request.uri or "").partition("?")
    if hidden_below:
        path = f"{path.partition(hidden_below)[0]}{hidden_below}[secret]"
    request.path, request.query = path, ""
    request.uri = f"{path}?[hidden]" if query else path
