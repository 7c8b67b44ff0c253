"""The login page: every door at once."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from jupyterhub.handlers.login import LoginHandler

from aglais_authenticators.handlers.base import PlainHandler

__all__ = ["LoginPage"]


class LoginPage(PlainHandler, LoginHandler):
    """Shows the doors; is none itself, whatever is posted to it."""

    def _render(
        self, login_error: str | None = None, username: str | None = None, **kwargs: Any
    ) -> Awaitable[str]:
        values = {"authenticator": self.authenticator, "next": self.next_path}
        confirmed = bool(self.get_query_argument("confirmed", ""))
        page: Awaitable[str] = self.render_template(
            "login.html", login_error=login_error, confirmed=confirmed, **values, **kwargs
        )
        return page
