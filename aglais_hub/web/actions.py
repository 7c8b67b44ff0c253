"""Pages that make a new thing, or do something to one: the same form or question everywhere."""

from __future__ import annotations

from typing import Any

from aglais_hub.errors import Conflict, InvalidRequest
from aglais_hub.models import Model
from aglais_hub.web.forms import FormField, form_fields
from aglais_hub.web.pages import PageHandler

__all__ = ["ActionPage", "CreatorPage"]


class CreatorPage(PageHandler):
    """A page with the form that makes a thing; a subclass says which, and makes it."""

    title: str
    model: type[Model]
    create_scope: str
    acts_once: bool = False
    """Whether a form that is sent twice makes one thing; making it is one transaction then."""

    async def create(self, request: Any) -> str:
        """Make it; return the last part of its URL."""
        raise NotImplementedError

    async def fields(self, typed: dict[str, str]) -> list[FormField]:
        """Return the controls of the form, with what was typed before."""
        return form_fields(self.model, None, typed)

    async def get(self) -> None:
        """Show the form, empty but for what the address says of its fields."""
        self.actor.require(self.create_scope, self.owner)
        known = self.model.model_fields.keys() & self.request.query_arguments.keys()
        await self._form({name: self.get_query_argument(name) for name in known})

    async def post(self) -> None:
        """Make it; or show the form again with what was typed and what is wrong with it."""
        self.actor.require(self.create_scope, self.owner)
        try:
            if self.acts_once:
                await self.once(self._create)
            else:
                self.redirect(await self._create(), status=303)
        except (InvalidRequest, Conflict) as problem:
            self.set_status(problem.status)
            typed = {name: self.get_body_argument(name) for name in self.request.body_arguments}
            await self._form(typed, problem=problem.message)

    async def _create(self) -> str:
        return f"{self._collection}/{await self.create(self.read_body(self.model))}"

    @property
    def _collection(self) -> str:
        return self.request.path.rpartition("/")[0]

    async def _form(self, typed: dict[str, str], problem: str | None = None) -> None:
        self.page(
            "common/edit.html",
            title=self.title,
            fields=await self.fields(typed),
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
