"""A real Hub with all doors, and somebody before them: reads pages, fills in forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from aglais_authenticators import AglaisAuthenticator
from aglais_hub import hub as platform_hub
from aglais_hub.client import AccountsClient
from tests.support.accounts import AccountsWorld
from tests.support.embedded_hub import EmbeddedHub, embedded_hub

TEMPLATES = Path(platform_hub.__file__).parent / "hub_templates"
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def doors_of(
    folder: Path,
    accounts: AccountsClient,
    *,
    trusted: tuple[str, ...] = (),
    hub_settings: dict[str, Any] | None = None,
    **doors: Any,
) -> AsyncIterator[EmbeddedHub]:
    """Run a Hub with our doors, in front of an accounts service; settings are the doors' traits."""
    settings = {
        "authenticator_class": AglaisAuthenticator,
        "template_paths": [str(TEMPLATES)],
        "template_vars": platform_hub.template_vars(may_register=doors.get("signup", True)),
        "trusted_downstream_ips": list(trusted),
    } | (hub_settings or {})
    async with embedded_hub(folder, JupyterHub=settings, AglaisAuthenticator=doors) as hub:
        hub.app.authenticator._accounts = accounts
        yield hub


class FormsReader(HTMLParser):
    """Finds the forms of a page, by where they go, and the values of their fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = self.forms.setdefault(given.get("action", ""), {})
        elif tag == "input" and self._form is not None:
            self._form[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


def forms_of(page: httpx.Response) -> dict[str, dict[str, str]]:
    """Return what the forms of a page would send, by their addresses."""
    reader = FormsReader()
    reader.feed(page.text)
    return reader.forms


@dataclass
class Visitor:
    """Somebody's browser; it follows no redirects."""

    http: httpx.AsyncClient
    page: httpx.Response | None = None

    async def open(self, path: str) -> httpx.Response:
        """Open a page of the Hub, by its path below the Hub's or by a whole one."""
        self.page = await self.http.get(path)
        return self.page

    async def follow(self) -> httpx.Response:
        """Go where the last answer leads."""
        assert self.page is not None
        assert self.page.has_redirect_location, (self.page.status_code, self.page.text)
        return await self.open(str(self.page.next_request.url))  # type: ignore[union-attr]

    async def send(self, action: str, **typed: str) -> httpx.Response:
        """Fill in a form of the page and send it; `action` is its address below the Hub's."""
        assert self.page is not None
        forms = {
            str(self.page.url.join(where)): form for where, form in forms_of(self.page).items()
        }
        where = urljoin(str(self.http.base_url), action)
        assert where in forms, (where, list(forms), self.page.text)
        self.page = await self.http.post(where, data=forms[where] | typed)
        return self.page

    async def who(self) -> str | None:
        """Return who is logged in in this browser, as the Hub's pages say it."""
        home = await self.http.get("home")
        if home.has_redirect_location:
            return None
        return home.text.partition('<span class="me-1">')[2].partition("<")[0]


@dataclass
class Doors:
    """A Hub, and the accounts service behind it."""

    hub: EmbeddedHub
    world: AccountsWorld

    @asynccontextmanager
    async def visitor(self, address: str = "192.0.2.7") -> AsyncIterator[Visitor]:
        """Return somebody who comes with a new browser."""
        async with self.hub.browser(address) as http:
            http.headers.update(NAVIGATION)
            yield Visitor(http)

    def groups(self, name: str) -> set[str]:
        """Return the groups of a Hub user."""
        from jupyterhub import orm

        self.hub.app.db.expire_all()
        user = orm.User.find(self.hub.app.db, name)
        return {group.name for group in user.groups}

    def a_minute_later(self) -> None:
        """Let the Hub ask once more who everybody is."""
        for user in self.hub.app.users.values():
            user._auth_refreshed = None
