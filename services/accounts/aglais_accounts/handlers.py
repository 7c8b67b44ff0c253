"""URLs of the accounts service: parse, ask the manager, answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aglais_accounts.manager import READ, WRITE, AccountManager
from aglais_hub.errors import NotFound
from aglais_hub.models import Model
from aglais_hub.models.accounts import (
    Account,
    AccountRequest,
    Departure,
    DepartureRequest,
    GuestRequest,
    Level,
    LevelEdit,
    LevelLimits,
)
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.api import ApiHandler
from aglais_hub.web.pages import CollectionPage, EditorPage, PageHandler, ThingPage

__all__ = ["ROUTES"]


class AccountsApi(ApiHandler):
    """Handlers of this service."""

    manager: AccountManager


class Guests(AccountsApi):
    """[Give it a try]."""

    @operation(
        Operation("Make a level-0 account", WRITE, GuestRequest, returns=Account, status=201)
    )
    async def post(self, request: GuestRequest) -> Account:
        """Make a guest."""
        account = await self.manager.open_guest(self.actor, request)
        self.created("accounts", account.name)
        return account


class Accounts(AccountsApi):
    """All accounts."""

    @operation(Operation("List accounts", READ, returns=Account, many=True))
    async def get(self) -> Sequence[Model]:
        """List them."""
        return self.listed(*await self.manager.accounts(self.actor, *self.window()))

    @operation(Operation("Make an account", WRITE, AccountRequest, returns=Account, status=201))
    async def post(self, request: AccountRequest) -> Account:
        """Make one."""
        account = await self.manager.create_account(self.actor, request)
        self.created("accounts", account.name)
        return account


class OneAccount(AccountsApi):
    """An account."""

    @operation(Operation("Return an account", READ, returns=Account))
    async def get(self, name: str) -> Account:
        """Return it."""
        return await self.manager.account(self.actor, name)


class Leave(AccountsApi):
    """The way out of an account."""

    @operation(
        Operation(
            "Erase an account and all that it has",
            WRITE,
            DepartureRequest,
            returns=Departure,
            status=202,
        )
    )
    async def post(self, request: DepartureRequest, name: str) -> Departure:
        """Begin it; GET the Location to see how far it is."""
        departure = await self.manager.leave(self.actor, name, request.reason)
        self.created("departures", name)
        return departure


class Departures(AccountsApi):
    """All accounts on their way out."""

    @operation(Operation("List accounts on their way out", READ, returns=Departure, many=True))
    async def get(self) -> Sequence[Model]:
        """List them."""
        offset, limit = self.window()
        departures = await self.manager.departures(self.actor)
        return self.listed(departures[offset : offset + limit], len(departures))


class OneDeparture(AccountsApi):
    """An account on its way out."""

    @operation(Operation("Return how far an account is on its way out", READ, returns=Departure))
    async def get(self, name: str) -> Departure:
        """Return it."""
        return await self.manager.departure(self.actor, name)


class Levels(AccountsApi):
    """All levels."""

    @operation(Operation("List levels and what they give", READ, returns=LevelLimits, many=True))
    async def get(self) -> Sequence[Model]:
        """List them."""
        levels = await self.manager.levels()
        return self.listed(levels, len(levels))


class OneLevel(AccountsApi):
    """A level."""

    @operation(Operation("Return what a level gives", READ, returns=LevelLimits))
    async def get(self, level: str) -> LevelLimits:
        """Return it."""
        return await self.manager.level(level_of(level))

    @operation(Operation("Change what a level gives", WRITE, LevelEdit, returns=LevelLimits))
    async def post(self, request: LevelEdit, level: str) -> LevelLimits:
        """Change it."""
        return await self.manager.edit_level(self.actor, level_of(level), request, self.if_match)


def level_of(text: str) -> Level:
    """Return the level that a URL names.

    Raises
    ------
    NotFound
        There is no such level.
    """
    try:
        return Level.CUSTOM if text == "n" else Level(int(text))
    except ValueError:
        raise NotFound(f"There is no level {text}; levels are 0, 1 and 2 (n).") from None


class AccountsPage(CollectionPage):
    """All accounts, or one's own."""

    manager: AccountManager
    title, plural = "Accounts", "accounts"
    columns = ("name", "level", "state", "created_at", "expires_at")

    async def things(self) -> tuple[Sequence[Model], int]:
        """Return those that the user may see."""
        return await self.manager.accounts(self.actor, *self.window())


class AccountPage(ThingPage):
    """An account."""

    manager: AccountManager
    title = "Account"

    async def thing(self, name: str) -> Account:  # type: ignore[override]
        """Return it."""
        return await self.manager.account(self.actor, name)


class LevelsPage(CollectionPage):
    """All levels."""

    manager: AccountManager
    title, plural, key = "Levels", "levels", "level"
    columns = ("level", "notebook_count", "notebook_bytes", "temp_bytes", "user_bytes")

    async def things(self) -> tuple[Sequence[Model], int]:
        """Return them."""
        levels = await self.manager.levels()
        return levels, len(levels)


class OneLevelPage(PageHandler):
    """A page of one level."""

    manager: AccountManager

    def heading(self, path: Mapping[str, str]) -> str:
        """Return what the page is called; people say n."""
        return f"{self.title} {level_of(path['level']).word}"


class LevelPage(OneLevelPage, ThingPage):
    """A level."""

    title, edit_scope = "Level", WRITE

    async def thing(self, level: str) -> LevelLimits:  # type: ignore[override]
        """Return it."""
        return await self.manager.level(level_of(level))


class LevelEditor(OneLevelPage, EditorPage):
    """The form that edits a level."""

    title, model, edit_scope = "Edit level", LevelEdit, WRITE

    async def thing(self, level: str) -> LevelLimits:  # type: ignore[override]
        """Return it."""
        return await self.manager.level(level_of(level))

    async def save(self, edit: LevelEdit, version: str | None, level: str) -> LevelLimits:  # type: ignore[override]
        """Save it."""
        return await self.manager.edit_level(self.actor, level_of(level), edit, version)


ROUTES = (
    Route("api/guests", Guests),
    Route("api/accounts", Accounts),
    Route("api/accounts/{name}", OneAccount),
    Route("api/accounts/{name}/leave", Leave),
    Route("api/departures", Departures),
    Route("api/departures/{name}", OneDeparture),
    Route("api/levels", Levels),
    Route("api/levels/{level}", OneLevel),
    Route("accounts", AccountsPage),
    Route("accounts/{name}", AccountPage),
    Route("levels", LevelsPage),
    Route("levels/{level}", LevelPage),
    Route("levels/{level}/edit", LevelEditor),
)
