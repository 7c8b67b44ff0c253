"""Requests for more resources: URLs of the API, and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_REQUESTS, WRITE_POOLS, WRITE_REQUESTS
from aglais_hub.errors import Conflict, InvalidRequest
from aglais_hub.models import Model
from aglais_hub.models.capacities import (
    AnswerRequest,
    Approval,
    Refusal,
    RequestState,
    ResourceRequest,
    ResourceRequestForm,
)
from aglais_hub.operations import Operation, operation
from aglais_hub.paging import Batch
from aglais_hub.service import Route
from aglais_hub.web.actions import ActionPage, CreatorPage
from aglais_hub.web.api import BaseHandler
from aglais_hub.web.forms import FormField, choices, form_fields
from aglais_hub.web.pages import LongCollectionPage, PageHandler, ThingPage

__all__ = ["ROUTES"]


class Requests(BookingApi):
    """All requests, or one's own."""

    @operation(
        Operation(
            "List requests for more resources",
            READ_REQUESTS,
            returns=ResourceRequest,
            many=True,
            is_long=True,
            query=("account", "state"),
        )
    )
    async def get(self) -> Sequence[Model]:
        """List them."""
        accounts = self.named("account")
        manager = self.manager.requests
        return self.listed_by_place(
            await manager.page(self.actor, self.place(), accounts, _states(self))
        )

    @operation(
        Operation(
            "Ask for more resources",
            WRITE_REQUESTS,
            ResourceRequestForm,
            returns=ResourceRequest,
            status=201,
        )
    )
    async def post(self, request: ResourceRequestForm) -> ResourceRequest:
        """Ask."""
        made = await self.manager.requests.create(self.actor, request)
        self.created("requests", made.id)
        return made


def _states(handler: BaseHandler) -> list[RequestState]:
    try:
        return [RequestState(one) for one in handler.get_query_arguments("state") if one]
    except ValueError:
        raise InvalidRequest(f"state is one of {', '.join(RequestState)}.") from None


class OneRequest(BookingApi):
    """A request."""

    @operation(Operation("Return a request", READ_REQUESTS, returns=ResourceRequest))
    async def get(self, identifier: str) -> ResourceRequest:
        """Return it."""
        return await self.manager.requests.get(self.actor, identifier)


class Approve(BookingApi):
    """The approval of a request."""

    @operation(
        Operation(
            "Approve a request: it becomes an allocation",
            WRITE_REQUESTS,
            Approval,
            returns=ResourceRequest,
        )
    )
    async def post(self, request: Approval, identifier: str) -> ResourceRequest:
        """Approve it."""
        return await self.manager.requests.approve(self.actor, identifier, request)


class Refuse(BookingApi):
    """The refusal of a request."""

    @operation(Operation("Refuse a request", WRITE_REQUESTS, Refusal, returns=ResourceRequest))
    async def post(self, request: Refusal, identifier: str) -> ResourceRequest:
        """Refuse it."""
        return await self.manager.requests.refuse(self.actor, identifier, request)


class AnswerApi(BookingApi):
    """The conversation about a request."""

    @operation(
        Operation("Answer to a request", WRITE_REQUESTS, AnswerRequest, returns=ResourceRequest)
    )
    async def post(self, request: AnswerRequest, identifier: str) -> ResourceRequest:
        """Answer."""
        return await self.manager.requests.answer(self.actor, identifier, request)


class Withdraw(BookingApi):
    """The end of a request by who made it."""

    @operation(Operation("Withdraw a request", WRITE_REQUESTS, returns=ResourceRequest))
    async def post(self, identifier: str) -> ResourceRequest:
        """Withdraw it."""
        return await self.manager.requests.withdraw(self.actor, identifier)


class RequestsPage(LongCollectionPage):
    """All requests, or one's own."""

    manager: Managers
    title, plural, key = "Requests", "requests", "id"
    columns = ("title", "account", "state", "cores", "memory_bytes", "starts_at", "ends_at")
    create_scope, template = WRITE_REQUESTS, "own/requests.html"

    async def batch(self) -> Batch[ResourceRequest]:
        """Return those that the user may see."""
        states = _states(self)
        return await self.manager.requests.page(self.actor, self.place(), (), states)

    def show(self, things: Sequence[Model], **paging: Any) -> None:
        """Write the page, with the ways to other states."""
        may_ask = self.actor.holds(WRITE_REQUESTS, owner=self.actor.name)
        self.page(
            self.template,
            title=self.title,
            plural=self.plural,
            key=self.key,
            columns=self.columns,
            things=things,
            states=[one.value for one in RequestState],
            state=self.get_query_argument("state", ""),
            ask_url=f"{self.request.path}/new" if may_ask else None,
            **paging,
        )


class RequestCreator(CreatorPage):
    """The form that asks for more."""

    manager: Managers
    title, model, acts_once = "Request more resources", ResourceRequestForm, True
    create_scope = WRITE_REQUESTS

    @property
    def owner(self) -> str | None:
        """Everybody asks for themselves."""
        return self.actor.name

    async def create(self, request: ResourceRequestForm) -> str:
        """Ask."""
        return (await self.manager.requests.create(self.actor, request)).id

    async def fields(self, typed: dict[str, str]) -> list[FormField]:
        """Offer the pools that there are."""
        return await _with_pools(self.manager, await super().fields(typed))


async def _with_pools(manager: Managers, fields: Sequence[FormField]) -> list[FormField]:
    pools = {pool.name: pool.name for pool in await manager.pools.all()}
    return choices(fields, "pool", pools)


class RequestPage(ThingPage):
    """A request, and what was said about it."""

    manager: Managers
    title, template = "Request", "own/request.html"

    async def thing(self, identifier: str) -> ResourceRequest:  # type: ignore[override]
        """Return it."""
        return await self.manager.requests.get(self.actor, identifier)

    def heading(self, path: object) -> str:
        """Return what the page is called: identifiers say nothing."""
        return self.title

    async def besides(self, identifier: str) -> dict[str, Any]:  # type: ignore[override]
        """Return what can be done to it."""
        request = await self.thing(identifier)
        is_open = request.state is RequestState.OPEN
        may_answer = self.actor.holds(WRITE_REQUESTS, owner=request.account)
        may_decide = self.actor.holds(WRITE_REQUESTS) and self.actor.holds(WRITE_POOLS)
        return {
            "url": self.request.path,
            "may_answer": may_answer,
            "may_withdraw": is_open and may_answer,
            "may_decide": is_open and may_decide,
        }


class DecisionPage(PageHandler):
    """A page with a form that does something to a request; a subclass says what."""

    manager: Managers
    title: str
    verb: str
    model: type[Model]
    is_deciding = True

    async def act(self, identifier: str, body: Any) -> Any:
        """Do it."""
        raise NotImplementedError

    def first(self, request: ResourceRequest) -> dict[str, str]:
        """Return what the form holds at first."""
        return {}

    async def get(self, identifier: str) -> None:
        """Show the form."""
        await self._form(await self._request(identifier), None)

    async def post(self, identifier: str) -> None:
        """Do it; or show the form again with what was typed and what is wrong with it."""
        request = await self._request(identifier)
        try:
            await self.act(identifier, self.read_body(self.model))
        except (InvalidRequest, Conflict) as problem:
            self.set_status(problem.status)
            await self._form(request, problem.message)
        else:
            self.see_other("requests", identifier)

    async def _request(self, identifier: str) -> ResourceRequest:
        request = await self.manager.requests.get(self.actor, identifier)
        self.actor.require(WRITE_REQUESTS, None if self.is_deciding else request.account)
        return request

    async def _form(self, request: ResourceRequest, problem: str | None) -> None:
        given = {name: self.get_body_argument(name) for name in self.request.body_arguments}
        typed = given if problem else self.first(request)
        self.page(
            "common/edit.html",
            title=f"{self.title}: {request.title}",
            fields=await _with_pools(self.manager, form_fields(self.model, None, typed)),
            version="",
            verb=self.verb,
            cancel_url=self.url("requests", request.id),
            problem=problem,
        )


class ApprovePage(DecisionPage):
    """The form that approves."""

    title, verb, model = "Approve", "Approve", Approval

    def first(self, request: ResourceRequest) -> dict[str, str]:
        """Return what was asked for."""
        asked = form_fields(ResourceRequestForm, request, {})
        return {field.name: field.value for field in asked}

    async def act(self, identifier: str, body: Approval) -> None:
        """Approve it."""
        await self.manager.requests.approve(self.actor, identifier, body)


class RefusePage(DecisionPage):
    """The form that refuses."""

    title, verb, model = "Refuse", "Refuse", Refusal

    async def act(self, identifier: str, body: Refusal) -> None:
        """Refuse it."""
        await self.manager.requests.refuse(self.actor, identifier, body)


class AnswerPage(DecisionPage):
    """The form that answers."""

    title, verb, model, is_deciding = "Answer", "Answer", AnswerRequest, False

    async def act(self, identifier: str, body: AnswerRequest) -> None:
        """Answer."""
        await self.manager.requests.answer(self.actor, identifier, body)


class WithdrawPage(ActionPage):
    """The question before a request is withdrawn."""

    manager: Managers
    title, verb, act_scope = "Withdraw request", "Withdraw", WRITE_REQUESTS
    question = "Nobody will decide on it any more. You can make another one at any time."

    @property
    def owner(self) -> str | None:
        """Whose it is, the manager knows."""
        return self.actor.name

    async def get(self, identifier: str) -> None:  # type: ignore[override]
        """Ask about one that is there."""
        await self.manager.requests.get(self.actor, identifier)
        await super().get(identifier=identifier)

    @property
    def afterwards(self) -> str:
        """Back to the request."""
        return self.request.path.rpartition("/")[0]

    async def act(self, identifier: str) -> None:  # type: ignore[override]
        """Withdraw it."""
        await self.manager.requests.withdraw(self.actor, identifier)

    def heading(self, path: object) -> str:
        """Return what the page is called: identifiers say nothing."""
        return self.title


ROUTES = (
    Route("api/requests", Requests),
    Route("api/requests/{identifier}", OneRequest),
    Route("api/requests/{identifier}/approve", Approve),
    Route("api/requests/{identifier}/refuse", Refuse),
    Route("api/requests/{identifier}/answer", AnswerApi),
    Route("api/requests/{identifier}/withdraw", Withdraw),
    Route("requests", RequestsPage),
    Route("requests/new", RequestCreator),
    Route("requests/{identifier}", RequestPage),
    Route("requests/{identifier}/approve", ApprovePage),
    Route("requests/{identifier}/refuse", RefusePage),
    Route("requests/{identifier}/answer", AnswerPage),
    Route("requests/{identifier}/withdraw", WithdrawPage),
)
