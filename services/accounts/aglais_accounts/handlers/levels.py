"""URLs of levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers import Managers
from aglais_accounts.managers.base import READ, WRITE
from aglais_hub.errors import NotFound
from aglais_hub.models import Model
from aglais_hub.models.accounts import Level, LevelEdit, LevelLimits
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.pages import CollectionPage, EditorPage, PageHandler, ThingPage

__all__ = ["ROUTES"]


class Levels(AccountsApi):
    """All levels."""

    @operation(Operation("List levels and what they give", READ, returns=LevelLimits, many=True))
    async def get(self) -> Sequence[Model]:
        """List them."""
        levels = await self.manager.levels.levels()
        return self.listed(levels, len(levels))


class OneLevel(AccountsApi):
    """A level."""

    @operation(Operation("Return what a level gives", READ, returns=LevelLimits))
    async def get(self, level: str) -> LevelLimits:
        """Return it."""
        return await self.manager.levels.level(level_of(level))

    @operation(
        Operation("Change what a level gives", WRITE, LevelEdit, returns=LevelLimits, is_slow=True)
    )
    async def post(self, request: LevelEdit, level: str) -> LevelLimits:
        """Change it."""
        return await self.manager.levels.edit_level(
            self.actor, level_of(level), request, self.if_match
        )


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


class LevelsPage(CollectionPage):
    """All levels."""

    manager: Managers
    title, plural, key = "Levels", "levels", "level"
    columns = ("level", "notebook_count", "notebook_bytes", "temp_bytes", "user_bytes")

    async def things(self) -> tuple[Sequence[Model], int]:
        """Return them."""
        levels = await self.manager.levels.levels()
        return levels, len(levels)


class OneLevelPage(PageHandler):
    """A page of one level."""

    manager: Managers

    def heading(self, path: Mapping[str, str]) -> str:
        """Return what the page is called; people say n."""
        return f"{self.title} {level_of(path['level']).word}"


class LevelPage(OneLevelPage, ThingPage):
    """A level."""

    title, edit_scope = "Level", WRITE

    async def thing(self, level: str) -> LevelLimits:  # type: ignore[override]
        """Return it."""
        return await self.manager.levels.level(level_of(level))


class LevelEditor(OneLevelPage, EditorPage):
    """The form that edits a level."""

    title, model, edit_scope = "Edit level", LevelEdit, WRITE

    async def thing(self, level: str) -> LevelLimits:  # type: ignore[override]
        """Return it."""
        return await self.manager.levels.level(level_of(level))

    async def save(self, edit: LevelEdit, version: str | None, level: str) -> LevelLimits:  # type: ignore[override]
        """Save it."""
        return await self.manager.levels.edit_level(self.actor, level_of(level), edit, version)


ROUTES = (
    Route("api/levels", Levels),
    Route("api/levels/{level}", OneLevel),
    Route("levels", LevelsPage),
    Route("levels/{level}", LevelPage),
    Route("levels/{level}/edit", LevelEditor),
)
