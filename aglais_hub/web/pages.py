"""Pages of a service: the Hub's own frame, the same URLs for things as the API, forms."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    select_autoescape,
)
from jupyterhub._data import DATA_FILES_PATH
from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado.web import HTTPError

from aglais_hub.database import Answer
from aglais_hub.errors import (
    AglaisError,
    Conflict,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
)
from aglais_hub.models import Model
from aglais_hub.models.accounts import Level
from aglais_hub.paging import Batch
from aglais_hub.service import ServiceProcess
from aglais_hub.versions import version_of
from aglais_hub.web.api import BaseHandler
from aglais_hub.web.forms import FormField, form_fields
from aglais_hub.web.show import facts, heading, shown

__all__ = [
    "CallbackHandler",
    "CollectionPage",
    "EditorPage",
    "LongCollectionPage",
    "NoSuchPage",
    "PageHandler",
    "ThingPage",
    "page_environment",
]


def page_environment(process: ServiceProcess) -> Environment:
    """Return the templates of a service: the common ones in the Hub's frame, and its own."""
    loaders: dict[str, BaseLoader] = {
        "templates": FileSystemLoader(Path(DATA_FILES_PATH) / "templates"),
        "hub": PackageLoader("aglais_hub", "hub_templates"),
        "common": PackageLoader("aglais_hub.web"),
    }
    if process.service.templates:
        loaders["own"] = PackageLoader(process.service.package)
    environment = Environment(
        loader=PrefixLoader(loaders), autoescape=select_autoescape(default=True)
    )
    environment.filters |= {"shown": shown, "facts": facts, "heading": heading}
    return environment


def _neighbours(prefix: str) -> list[dict[str, str]]:
    """Return all services of the platform, as the Hub's menu shows them."""
    names = sorted(entry.name for entry in entry_points(group="aglais.services"))
    root = prefix.rstrip("/").rpartition("/")[0]
    return [{"name": name, "href": f"{root}/{name}/"} for name in names]


class FrameUser:
    """The user as the Hub's frame expects one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.json_escaped_name = json.dumps(name)[1:-1]


class PageHandler(BaseHandler):
    """Handler of a page; who is not logged in is sent to the Hub's login and comes back."""

    is_tab: bool = False
    """Whether the service's pages lead to it from their top; it has a `title` then."""
    read_scope: str | None = None
    """Scope of who is shown the way to it; none: everybody."""

    async def prepare(self) -> None:
        """Find out who looks; a form without its XSRF token is refused before that."""
        self.check_form()
        actor = await self.identify()
        if actor is None:
            self.redirect(self.get_login_url())
            return
        self.actor = actor

    def check_form(self) -> None:
        """Refuse a form that does not come from a page of ours."""
        if self.request.method not in {"GET", "HEAD", "OPTIONS"}:
            self.hub_auth.check_xsrf_cookie(self)

    def page(self, template: str, **values: Any) -> None:
        """Answer with a page."""
        templates: Environment = self.settings["templates"]
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(templates.get_template(template).render(**self.frame(), **values))

    def frame(self) -> dict[str, Any]:
        """Return what the Hub's frame needs."""
        hub = self.hub_auth.hub_prefix
        actor = getattr(self, "actor", None)
        return {
            "base_url": hub,
            "prefix": hub.removesuffix("hub/"),
            "static_url": lambda path, **_: f"{hub}static/{path}",
            "asset": self.settings["assets"].url,
            # Each form that is shown is another one: sent twice, it acts once.
            "form_key": secrets.token_urlsafe(16),
            "login_url": f"{hub}login",
            "logout_url": f"{hub}logout",
            "user": FrameUser(actor.name) if actor else None,
            "is_guest": actor is not None and Level.ANONYMOUS.group in actor.groups,
            # Where nobody may, the page behind the button says so.
            "may_register": True,
            "no_spawner_check": True,
            "parsed_scopes": (),
            "services": _neighbours(self.process.prefix),
            "xsrf_token": self.xsrf_token.decode() if actor else "",
            "service": self.process.service,
            "here": self.process.service.name,
            "service_url": self.process.prefix,
            "collections": self._collections() if actor else (),
        }

    def _collections(self) -> list[tuple[str, str, bool]]:
        """Return title, URL, and whether it is shown now, of the service's lists."""
        urls = (
            (route.handler.title, self.url(route.path))
            for route in self.process.service.routes
            if getattr(route.handler, "is_tab", False) and self._sees(route.handler)
        )
        here = self.request.path
        return [(title, url, f"{here}/".startswith(f"{url}/")) for title, url in urls]

    def _sees(self, page: type[PageHandler]) -> bool:
        return page.read_scope is None or self.actor.holds_any(page.read_scope)

    @property
    def owner(self) -> str | None:
        """Account whose things these are: it needs the scopes for its own things only."""
        return None

    def heading(self, path: Mapping[str, str]) -> str:
        """Return what the page of a thing is called."""
        return " ".join((getattr(self, "title", ""), *path.values()))

    def see_other(self, *parts: str) -> None:
        """Send the browser on to a page of this service, after a form was taken."""
        self.redirect(self.url(*parts), status=303)

    async def once(self, act: Callable[[], Awaitable[str]]) -> None:
        """Act, and send the browser on to the address that this returns.

        A form with the field ``_key`` acts once, however often it is sent: each time the browser
        comes to the same address. What was typed differently is another form.
        """
        key = self.get_body_argument("_key", "")

        async def answer() -> Answer:
            return Answer(status=303, location=await act(), body="")

        if key:
            request = f"{self.request.path}\n".encode() + self.request.body
            digest = hashlib.sha256(request).hexdigest()
            given = await self.act_once(answer, f"form-{digest}", request)
        else:
            given = await answer()
        self.redirect(given.location or self.request.path, status=303)

    def show_problem(self, problem: AglaisError) -> None:
        """Write what went wrong as a page."""
        self.page("common/problem.html", title=problem.message, problem=problem)


class CollectionPage(PageHandler):
    """A page with a list of things; a subclass says which."""

    title: str
    plural: str
    key: str = "name"
    """Field that is in the URL of a thing."""
    model: type[Model]
    columns: tuple[str, ...]
    is_tab = True
    create_scope: str | None = None
    """Scope of who is offered the page ``PLURAL/new``; none: there is no such page."""
    template = "common/collection.html"

    async def things(self) -> tuple[Sequence[Model], int]:
        """Return the part of the list that is asked for, and how many there are in all."""
        raise NotImplementedError

    async def get(self) -> None:
        """Show them."""
        offset, limit = self.window()
        things, total = await self.things()
        self.show(things, total=total, offset=offset, limit=limit)

    def show(self, things: Sequence[Model], **paging: Any) -> None:
        """Write the page."""
        creatable = self.create_scope is not None and self.actor.holds(self.create_scope)
        self.page(
            self.template,
            title=self.title,
            plural=self.plural,
            key=self.key,
            columns=self.columns,
            things=things,
            create_url=f"{self.request.path}/new" if creatable else None,
            **paging,
        )


class LongCollectionPage(CollectionPage):
    """A page with a list that may be so long that it is shown by places, not by offsets."""

    async def batch(self) -> Batch[Any]:
        """Return the part of the list that `place` asks for."""
        raise NotImplementedError

    async def get(self) -> None:
        """Show them."""
        limit, batch = str(self.place().limit), await self.batch()
        self.show(
            batch.things,
            total=batch.total,
            first_url=None if batch.is_first else self.rest(limit=limit),
            later_url=batch.following and self.rest(after=batch.following, limit=limit),
        )


class ThingPage(PageHandler):
    """A page with one thing; a subclass says which, and who may edit it."""

    title: str
    template: str = "common/thing.html"
    edit_scope: str | None = None
    act_scope: str | None = None
    actions: tuple[tuple[str, str], ...] = ()
    """Label and last verb of the pages that do something to the thing."""

    async def thing(self, **path: str) -> Model:
        """Return the thing that the URL names."""
        raise NotImplementedError

    async def besides(self, **path: str) -> dict[str, Any]:
        """Return what a template of the subclass's own shows besides the thing."""
        return {}

    async def get(self, **path: str) -> None:
        """Show it."""
        thing = await self.thing(**path)
        editable = self.edit_scope is not None and self.actor.holds(self.edit_scope, self.owner)
        actable = self.act_scope is not None and self.actor.holds(self.act_scope, self.owner)
        actions = self.actions if actable else ()
        self.page(
            self.template,
            title=self.heading(path),
            thing=thing,
            edit_url=f"{self.request.path}/edit" if editable else None,
            actions=[(label, f"{self.request.path}/{verb}") for label, verb in actions],
            **await self.besides(**path),
        )


class EditorPage(PageHandler):
    """A page with the form that edits a thing; a subclass says which, and saves it."""

    title: str
    model: type[Model]
    edit_scope: str

    async def thing(self, **path: str) -> Model:
        """Return the thing as it is now."""
        raise NotImplementedError

    async def save(self, edit: Any, version: str | None, **path: str) -> Any:
        """Save it over the state that the form was made from."""
        raise NotImplementedError

    def fields(self, thing: Any, typed: dict[str, str]) -> list[FormField]:
        """Return the controls of the form, with what was typed before or what is so now."""
        return form_fields(self.model, thing, typed)

    async def get(self, **path: str) -> None:
        """Show the form."""
        self.actor.require(self.edit_scope, self.owner)
        self._form(await self.thing(**path), path)

    async def post(self, **path: str) -> None:
        """Save; or show the form again with what was typed and what is wrong with it."""
        self.actor.require(self.edit_scope, self.owner)
        thing = await self.thing(**path)
        try:
            edit = self.read_body(self.model)
            await self.save(edit, self.get_body_argument("_version", None), **path)
        except (InvalidRequest, Conflict, PreconditionFailed) as problem:
            self.set_status(problem.status)
            self._form(thing, path, problem=problem.message)
        else:
            self.redirect(self.request.path.removesuffix("/edit"), status=303)

    def _form(self, thing: Model, path: dict[str, str], problem: str | None = None) -> None:
        typed = {name: self.get_body_argument(name) for name in self.request.body_arguments}
        self.page(
            "common/edit.html",
            title=self.heading(path),
            fields=self.fields(thing, typed if problem else {}),
            version=version_of(thing),
            cancel_url=self.request.path.removesuffix("/edit"),
            problem=problem,
        )


class NoSuchPage(PageHandler):
    """Any page that is not there."""

    async def prepare(self) -> None:
        """Say so, in the frame of who looks."""
        if (actor := await self.identify()) is not None:
            self.actor = actor
        raise NotFound(f"There is no page at {self.request.path}.")


class CallbackHandler(HubOAuthCallbackHandler, PageHandler):
    """Where the Hub sends the browser back to after a login."""

    async def prepare(self) -> None:
        """Let anybody come: this is how one becomes known; who is already goes on."""
        with suppress(AglaisError, HTTPError):
            await self.identify()

    async def get(self) -> None:
        """Take the code; whatever is wrong with it is told as a page."""
        try:
            await HubOAuthCallbackHandler.get(self)
        except HTTPError as refused:
            raise InvalidRequest(f"The login did not work: {refused.log_message}") from refused
