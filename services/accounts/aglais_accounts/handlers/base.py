"""What the handlers of this service share."""

from __future__ import annotations

from typing import Any

from aglais_accounts.managers import Managers
from aglais_hub.web.api import ApiHandler
from aglais_hub.web.pages import PageHandler

__all__ = ["AccountPart", "AccountsApi"]

PARTS: tuple[tuple[str, str], ...] = (
    ("Account", ""),
    ("Limits", "limits"),
    ("Log-ins", "identities"),
    ("SSH keys", "keys"),
    ("History", "changes"),
)
"""What the pages of one account are called, and the last part of their URLs."""


class AccountsApi(ApiHandler):
    """Handler of this service's API."""

    manager: Managers


class AccountPart(PageHandler):
    """One of the pages of an account; templates of them extend ``own/part.html``."""

    manager: Managers

    @property
    def owner(self) -> str | None:
        """The account."""
        return self.path_kwargs.get("name")

    def frame(self) -> dict[str, Any]:
        """Add the way to the other pages of the same account."""
        frame = super().frame()
        if "name" not in self.path_kwargs:
            return frame
        home = self.url("accounts", self.path_kwargs["name"])
        parts = ((title, f"{home}/{last}".rstrip("/")) for title, last in PARTS)
        here = self.request.path.rstrip("/")
        return frame | {"parts": [(title, url, url == here) for title, url in parts]}
