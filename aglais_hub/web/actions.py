"""Pages that make a new thing, or do something to one: the same form or question everywhere."""

from __future__ import annotations

from typing import Any

from aglais_hub.errors import Conflict, InvalidRequest
from aglais_hub.models import Model
from aglais_hub.web.forms import form_fields
from aglais_hub.web.pages import PageHandler

__all__ = ["ActionPage", "CreatorPage"]


class CreatorPage(PageHandler):
    """A page with the form that makes a thing; a subclass says which, and makes it."""

    title: str
    model: type[Model]
    create_scope: str

    async def create(self, request: Any) -> str:
        """Make it; return the last part of its URL."""
        raise NotImplementedError

    async def get(self) -> None:
        """Show the empty form."""
        self.actor.require(self.create_scope, self.owner)
        self._form()

    async def post(self) -> None:
        """Make it; or show the form again with what was typed and what is wrong with it."""
        self.actor.require(self.create_scope, self.owner)
        try:
            name = await self.create(self.read_body(self.model))
        except (InvalidRequest, Conflict) as problem:
            self.set_status(problem.status)
            self._form(problem=problem.message)
        else:
            self.redirect(f"{self._collection}/{name}", status=303)

    @property
    def _collection(self) -> str:
        return self.request.path.rpartition("/")[0]

    def _form(self, problem: str | None = None) -> None:
        typed = {name: self.get_body_argument(name) for name in self.request.body_arguments}
        self.page(
            "common/edit.html",
            title=self.title,
            fields=form_fields(self.model, None, typed),
            version="",
            cancel_url=self._collection,
            problem=problem,
        )


class ActionPage(PageHandler):
    """A page that asks before it does something to a thing, such as to delete it.

    Its URL is that of the thing and a last verb. Afterwards the browser is on the collection.
    """

    title: str
    question: str
    """What happens then, for who decides."""
    verb: str
    """Label of the button."""
    act_scope: str

    async def act(self, **path: str) -> None:
        """Do it."""
        raise NotImplementedError

    async def get(self, **path: str) -> None:
        """Ask."""
        self.actor.require(self.act_scope, self.owner)
        self._ask(path)

    async def post(self, **path: str) -> None:
        """Do it; or say why not."""
        self.actor.require(self.act_scope, self.owner)
        try:
            await self.act(**path)
        except Conflict as problem:
            self.set_status(problem.status)
            self._ask(path, problem=problem.message)
        else:
            self.redirect(self.afterwards, status=303)

    @property
    def afterwards(self) -> str:
        """Where the browser goes then."""
        return self._thing.rpartition("/")[0]

    @property
    def _thing(self) -> str:
        return self.request.path.rpartition("/")[0]

    def _ask(self, path: dict[str, str], problem: str | None = None) -> None:
        self.page(
            "common/action.html",
            title=self.heading(path),
            question=self.question,
            verb=self.verb,
            cancel_url=self._thing,
            problem=problem,
        )
