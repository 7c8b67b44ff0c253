"""URLs of the storage service: parse, ask the manager, answer."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_hub.models import Model
from aglais_hub.models.storage import Space, SpaceEdit, SpaceRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.streams import Download
from aglais_hub.web.actions import ActionPage
from aglais_hub.web.api import ApiHandler
from aglais_hub.web.pages import CollectionPage, EditorPage, ThingPage
from aglais_storage.archiver import Archiver
from aglais_storage.manager import READ, WRITE, SpaceManager

__all__ = ["ROUTES"]


class SpacesApi(ApiHandler):
    """Handlers of this service."""

    manager: SpaceManager


class Spaces(SpacesApi):
    """All spaces."""

    @operation(Operation("List spaces", READ, returns=Space, many=True, query=("account",)))
    async def get(self) -> Sequence[Model]:
        """List them."""
        account = self.get_query_argument("account", None)
        return self.listed(*await self.manager.spaces(self.actor, account, *self.window()))

    @operation(
        Operation(
            "Make a space, or return the one that is there (200)",
            WRITE,
            SpaceRequest,
            returns=Space,
            status=201,
            is_slow=True,
        )
    )
    async def post(self, request: SpaceRequest) -> Space:
        """Make one; it is ready when this answers."""
        space, is_new = await self.manager.ensure(self.actor, request)
        self.created("spaces", space.id, is_new=is_new)
        return space


class OneSpace(SpacesApi):
    """A space."""

    @operation(Operation("Return a space with what is in it", READ, returns=Space))
    async def get(self, space: str) -> Space:
        """Return it."""
        return await self.manager.space(self.actor, space)

    @operation(
        Operation("Change the quota of a space", WRITE, SpaceEdit, returns=Space, is_slow=True)
    )
    async def post(self, request: SpaceEdit, space: str) -> Space:
        """Change it."""
        return await self.manager.edit(self.actor, space, request, self.if_match)


class Erase(SpacesApi):
    """The end of a space."""

    @operation(Operation("Erase a space and all that is in it", WRITE, status=204, is_slow=True))
    async def post(self, space: str) -> None:
        """Erase it; gone when this answers."""
        await self.manager.erase(self.actor, space)


class Archive(SpacesApi):
    """All that is in a space."""

    @operation(
        Operation(
            "Send all that is in a space as a tar file; goes_on=1 leaves its end marks off",
            READ,
            media="application/x-tar",
            query=("goes_on",),
        )
    )
    async def get(self, space: str) -> Download:
        """Send it, while its owner may be working in it."""
        goes_on = self.get_query_argument("goes_on", "0") == "1"
        return await Archiver(self.manager).archive(self.actor, space, goes_on=goes_on)


class SpacesPage(CollectionPage):
    """All spaces, or one's own."""

    manager: SpaceManager
    title, plural, key = "Spaces", "spaces", "id"
    template = "own/spaces.html"
    columns = ("id", "account", "kind", "state", "usage")

    async def things(self) -> tuple[Sequence[Model], int]:
        """Return those that the user may see."""
        account = self.get_query_argument("account", None)
        return await self.manager.spaces(self.actor, account, *self.window())


class SpacePage(ThingPage):
    """A space."""

    manager: SpaceManager
    title, edit_scope, act_scope = "Space", WRITE, WRITE
    actions = (("Erase", "erase"),)
    template = "own/space.html"

    async def thing(self, space: str) -> Space:  # type: ignore[override]
        """Return it."""
        return await self.manager.space(self.actor, space)


class SpaceEditor(EditorPage):
    """The form that edits a space."""

    manager: SpaceManager
    title, model, edit_scope = "Edit space", SpaceEdit, WRITE

    async def thing(self, space: str) -> Space:  # type: ignore[override]
        """Return it."""
        return await self.manager.space(self.actor, space)

    async def save(self, edit: SpaceEdit, version: str | None, space: str) -> Space:  # type: ignore[override]
        """Save it."""
        return await self.manager.edit(self.actor, space, edit, version)


class ErasePage(ActionPage):
    """The question before a space is erased."""

    manager: SpaceManager
    title, verb, act_scope = "Erase space", "Erase", WRITE
    question = "All that is in it is erased at once, and nobody can bring it back."

    async def act(self, space: str) -> None:  # type: ignore[override]
        """Erase it."""
        await self.manager.erase(self.actor, space)


ROUTES = (
    Route("api/spaces", Spaces),
    Route("api/spaces/{space}", OneSpace),
    Route("api/spaces/{space}/erase", Erase),
    Route("api/spaces/{space}/archive", Archive),
    Route("spaces", SpacesPage),
    Route("spaces/{space}", SpacePage),
    Route("spaces/{space}/edit", SpaceEditor),
    Route("spaces/{space}/erase", ErasePage),
)
