"""Fair use: URLs of the API, and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_PACKAGES, WRITE_PACKAGES
from aglais_hub.errors import NotFound
from aglais_hub.models import Model
from aglais_hub.models.accounts import Level
from aglais_hub.models.fair_use import FairUse, FairUseEdit
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.pages import CollectionPage, EditorPage, PageHandler, ThingPage

__all__ = ["ROUTES"]


class FairUses(BookingApi):
    """Fair use of all levels."""

    @operation(
        Operation("List how much the levels may book", READ_PACKAGES, returns=FairUse, many=True)
    )
    async def get(self) -> Sequence[Model]:
        """List it."""
        return self.listed(*self.part(await self.manager.fair_uses.all()))


class OneFairUse(BookingApi):
    """Fair use of a level."""

    @operation(Operation("Return how much a level may book", READ_PACKAGES, returns=FairUse))
    async def get(self, level: str) -> FairUse:
        """Return it."""
        return await self.manager.fair_uses.get(level_of(level))

    @operation(
        Operation("Change how much a level may book", WRITE_PACKAGES, FairUseEdit, returns=FairUse)
    )
    async def post(self, request: FairUseEdit, level: str) -> FairUse:
        """Change it."""
        return await self.manager.fair_uses.edit(
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


class FairUsesPage(CollectionPage):
    """Fair use of all levels."""

    manager: Managers
    title, plural, key = "Fair use", "fair-uses", "level"
    columns = (
        "level",
        "longest_seconds",
        "furthest_seconds",
        "booking_count",
        "window_booked_seconds",
        "window_seconds",
    )

    async def things(self) -> tuple[Sequence[Model], int]:
        """Return it."""
        return self.part(await self.manager.fair_uses.all())


class OfLevel(PageHandler):
    """A page of one level."""

    manager: Managers

    def heading(self, path: Mapping[str, str]) -> str:
        """Return what the page is called; people say n."""
        return f"{self.title} of level {level_of(path['level']).word}"


class FairUsePage(OfLevel, ThingPage):
    """Fair use of a level."""

    title, edit_scope = "Fair use", WRITE_PACKAGES

    async def thing(self, level: str) -> FairUse:  # type: ignore[override]
        """Return it."""
        return await self.manager.fair_uses.get(level_of(level))


class FairUseEditor(OfLevel, EditorPage):
    """The form that edits it."""

    title, model, edit_scope = "Fair use", FairUseEdit, WRITE_PACKAGES

    async def thing(self, level: str) -> FairUse:  # type: ignore[override]
        """Return it."""
        return await self.manager.fair_uses.get(level_of(level))

    async def save(self, edit: FairUseEdit, version: str | None, level: str) -> FairUse:  # type: ignore[override]
        """Save it."""
        return await self.manager.fair_uses.edit(self.actor, level_of(level), edit, version)


ROUTES = (
    Route("api/fair-uses", FairUses),
    Route("api/fair-uses/{level}", OneFairUse),
    Route("fair-uses", FairUsesPage),
    Route("fair-uses/{level}", FairUsePage),
    Route("fair-uses/{level}/edit", FairUseEditor),
)
