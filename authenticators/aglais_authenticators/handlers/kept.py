"""What a browser keeps for us between two pages: signed, for a while, out of scripts' reach."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jupyterhub.handlers.base import BaseHandler

__all__ = ["Kept"]

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """A cookie with a few values.

    Parameters
    ----------
    cookie
        Its name.
    span
        How long it counts from when it was set, whatever the browser says.
    """

    cookie: str
    span: timedelta

    def set(self, handler: BaseHandler, values: dict[str, Any]) -> None:
        """Let the browser keep values."""
        handler._set_cookie(  # noqa: SLF001 (JupyterHub: every cookie goes through here)
            self.cookie,
            json.dumps(values),
            encrypted=True,
            path=handler.hub.base_url,
            samesite="Lax",
            expires_days=self.span / DAY,
        )

    def get(self, handler: BaseHandler) -> dict[str, Any]:
        """Return what the browser kept; nothing where it is too old, or not from us."""
        signed = handler.get_secure_cookie(self.cookie, max_age_days=self.span / DAY)
        values: dict[str, Any] = json.loads(signed) if signed else {}
        return values

    def drop(self, handler: BaseHandler) -> None:
        """Let the browser forget them."""
        handler.clear_cookie(self.cookie, path=handler.hub.base_url)
