"""Pages of the way out: what goes, the question, how far it is, good-bye."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aglais_accounts.handlers.base import AccountPart
from aglais_accounts.managers import Managers
from aglais_accounts.managers.base import READ, WRITE
from aglais_accounts.managers.departures import WRITE_DEPARTURES
from aglais_hub.errors import InvalidRequest
from aglais_hub.models import Model
from aglais_hub.models.departures import Departure, DepartureRequest
from aglais_hub.service import Route
from aglais_hub.web.pages import CollectionPage, PageHandler, ThingPage

__all__ = ["ROUTES"]


class LeavePage(AccountPart):
    """What would go with an account, and the question whether it is to."""

    title = "Delete account"

    async def get(self, name: str) -> None:
        """Show the plan, and ask for the name."""
        self.actor.require(WRITE_DEPARTURES, owner=name)
        await self._ask(name)

    async def post(self, name: str) -> None:
        """Begin, where the name was typed; or ask again."""
        self.actor.require(WRITE_DEPARTURES, owner=name)
        typed = self.get_body_argument("name", "").strip()
        if typed != name:
            wrong = InvalidRequest(f"Type {name} to delete this account; nothing was deleted.")
            self.set_status(wrong.status)
            await self._ask(name, wrong.message)
            return
        is_own = self.actor.kind == "user" and self.actor.name == name
        reason = "its owner asked for it" if is_own else f"{self.actor.name} asked for it"
        await self.manager.departures.leave(self.actor, name, DepartureRequest(reason=reason))
        if is_own:
            # The login goes with the account: the next page must need none.
            self.hub_auth.clear_cookie(self)
            self.see_other("accounts", name, "goodbye")
        else:
            self.see_other("departures", name)

    async def _ask(self, name: str, problem: str | None = None) -> None:
        plan = await self.manager.departures.plan(self.actor, name)
        self.page(
            "own/leave.html",
            title=self.heading({"name": name}),
            plan=plan,
            problem=problem,
            home=self.url("accounts", name),
        )


class GoodbyePage(PageHandler):
    """What somebody sees who has just left; nobody has to be known here any more."""

    async def prepare(self) -> None:
        """Let anybody come; the page says nothing about any account."""
        self.check_form()

    async def get(self, name: str) -> None:
        """Say good-bye."""
        self.page("own/goodbye.html", title="Good-bye")


class DeparturesPage(CollectionPage):
    """All accounts on their way out."""

    manager: Managers
    title, plural, read_scope = "Departures", "departures", WRITE
    columns = ("name", "reason", "requested_at")

    async def things(self) -> tuple[Sequence[Model], int]:
        """Return those that the user may see."""
        return self.part(await self.manager.departures.departures(self.actor))


class DeparturePage(ThingPage):
    """An account on its way out: what is gone, and what goes next."""

    manager: Managers
    title, template = "Departure of", "own/departure.html"

    def heading(self, path: Mapping[str, str]) -> str:
        """Return what the page is called."""
        return f"{self.title} {path['name']}"

    async def thing(self, name: str) -> Departure:  # type: ignore[override]
        """Return it."""
        return await self.manager.departures.departure(self.actor, name)

    async def besides(self, name: str) -> dict[str, Any]:  # type: ignore[override]
        """Return whether it is somebody else's, who may look at all of them."""
        return {"sees_all": self.actor.holds(READ)}


ROUTES = (
    Route("accounts/{name}/leave", LeavePage),
    Route("accounts/{name}/goodbye", GoodbyePage),
    Route("departures", DeparturesPage),
    Route("departures/{name}", DeparturePage),
)
