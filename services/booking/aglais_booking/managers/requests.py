"""Who asks for more resources, and what is decided on that."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from aglais_booking.managers.base import (
    READ_REQUESTS,
    WRITE_POOLS,
    WRITE_REQUESTS,
    BookingsManager,
    Stores,
)
from aglais_booking.managers.capacities import CapacityManager
from aglais_booking.rules.requests import (
    check_asked,
    check_conversation,
    check_count,
    check_open,
    check_until,
)
from aglais_hub.errors import NotFound
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.capacities import (
    Answer,
    AnswerRequest,
    Approval,
    CapacityRequest,
    CapacitySource,
    Refusal,
    RequestState,
    ResourceRequest,
    ResourceRequestForm,
)
from aglais_hub.paging import Batch, Window
from aglais_hub.service import Context

__all__ = ["RequestManager"]


class RequestManager(BookingsManager):
    """Decides on requests; one that is approved becomes an allocation in the same transaction."""

    def __init__(self, context: Context, capacities: CapacityManager) -> None:
        super().__init__(context)
        self.capacities = capacities

    async def page(
        self,
        actor: Actor,
        window: Window,
        accounts: Collection[str] = (),
        states: Collection[RequestState] = (),
    ) -> Batch[ResourceRequest]:
        """Return a part of the requests, of all whom the actor may see or of those named."""
        for account in accounts:
            if account != actor.name:
                actor.require(READ_REQUESTS, owner=account)
        seen = accounts or (None if actor.holds(READ_REQUESTS) else [actor.name])
        async with self.reading() as stores:
            return await stores.requests.page(window, seen, states)

    async def get(self, actor: Actor, identifier: str) -> ResourceRequest:
        """Return a request."""
        async with self.reading() as stores:
            return self._seen(actor, await stores.requests.get(identifier), identifier)

    async def create(self, actor: Actor, form: ResourceRequestForm) -> ResourceRequest:
        """Ask for more, for oneself.

        Raises
        ------
        EmptyCapacityError, EndBeforeStartError, SpanInPastError
            It asks for nothing, or for no time.
        TooManyRequestsError
            There are as many open ones as there may be.
        """
        actor.require(WRITE_REQUESTS, owner=actor.name)
        now = utcnow()
        check_asked(form, now)
        await self.capacities.pools.ensure()
        request = ResourceRequest(
            id=secrets.token_hex(16),
            account=actor.name,
            state=RequestState.OPEN,
            created_at=now,
            decided_at=None,
            decided_by=None,
            capacity=None,
            answers=(),
            **dict(form),
        )
        async with self.writing() as stores:
            if form.pool is not None:
                self._known(await stores.pools.get(form.pool), form.pool)
            check_count(await stores.requests.count_open(actor.name))
            await stores.requests.add(request)
        self._tell(actor, request, "made")
        return request

    async def answer(self, actor: Actor, identifier: str, answer: AnswerRequest) -> ResourceRequest:
        """Say something about a request, whatever was decided.

        Raises
        ------
        TooManyAnswersError
            Enough was said.
        """
        async with self.writing() as stores:
            request = await self._locked(stores, actor, identifier)
            actor.require(WRITE_REQUESTS, owner=request.account)
            check_conversation(len(request.answers))
            await self._say(stores, actor, request, answer.text)
            answered = await self._locked(stores, actor, identifier)
            await self._tell_asker(stores, actor, answered, "request-answered", answer.text)
        self._tell(actor, answered, "answered")
        return answered

    async def withdraw(self, actor: Actor, identifier: str) -> ResourceRequest:
        """Want it no longer.

        Raises
        ------
        RequestDecidedError
            It was decided on already.
        """
        async with self.writing() as stores:
            request = await self._locked(stores, actor, identifier)
            actor.require(WRITE_REQUESTS, owner=request.account)
            decided = await self._decide(stores, actor, request, RequestState.WITHDRAWN)
        self._tell(actor, decided, "withdrawn")
        return decided

    async def refuse(self, actor: Actor, identifier: str, refusal: Refusal) -> ResourceRequest:
        """Say no, and why.

        Raises
        ------
        RequestDecidedError
            It was decided on already.
        """
        actor.require(WRITE_REQUESTS)
        async with self.writing() as stores:
            request = await self._locked(stores, actor, identifier)
            await self._decide(stores, actor, request, RequestState.REFUSED)
            await self._say(stores, actor, request, refusal.text)
            decided = await self._locked(stores, actor, identifier)
            await self._tell_asker(stores, actor, decided, "request-refused", refusal.text)
        self._tell(actor, decided, "refused")
        return decided

    async def approve(self, actor: Actor, identifier: str, approval: Approval) -> ResourceRequest:
        """Give what was asked for, or less, to a pool.

        Raises
        ------
        RequestDecidedError
            It was decided on already.
        EmptyCapacityError, EndBeforeStartError, SpanInPastError
            It would give nothing.
        """
        actor.require(WRITE_REQUESTS)
        actor.require(WRITE_POOLS)
        check_until(approval.ends_at, utcnow())
        await self.capacities.pools.ensure()
        async with self.writing() as stores:
            request = await self._locked(stores, actor, identifier)
            check_open(request)
            amounts = approval.model_dump(exclude={"text"})
            given = CapacityRequest(title=request.title, **amounts)
            capacity = await self.capacities.allocate(stores, given, CapacitySource.REQUEST)
            await self._decide(stores, actor, request, RequestState.APPROVED, capacity.id)
            if approval.text is not None:
                await self._say(stores, actor, request, approval.text)
            decided = await self._locked(stores, actor, identifier)
            await self._tell_asker(
                stores, actor, decided, "request-approved", approval.text, given=capacity
            )
        self._tell(actor, decided, "approved")
        return decided

    async def _decide(
        self,
        stores: Stores,
        actor: Actor,
        request: ResourceRequest,
        state: RequestState,
        capacity: str | None = None,
    ) -> ResourceRequest:
        check_open(request)
        facts = {"decided_at": utcnow(), "decided_by": actor.name, "capacity": capacity}
        decided = request.model_copy(update={"state": state, **facts})
        await stores.requests.save(decided)
        return decided

    async def _say(self, stores: Stores, actor: Actor, request: ResourceRequest, text: str) -> None:
        answer = Answer(at=utcnow(), by=actor.name, text=text)
        await stores.requests.say(request.id, answer)

    async def _tell_asker(
        self,
        stores: Stores,
        actor: Actor,
        request: ResourceRequest,
        template: str,
        text: str | None,
        **facts: object,
    ) -> None:
        """Write to who asked, unless it is who acted."""
        if actor.name == request.account:
            return
        await self._notify(
            stores,
            f"{template}:{request.id}:{len(request.answers)}",
            request.account,
            template,
            # What people call a thing has no place for a second line of a subject.
            title=" ".join(request.title.split()),
            by=actor.name,
            text=text,
            link=self._page(f"booking/requests/{request.id}"),
            **facts,
        )

    async def _locked(self, stores: Stores, actor: Actor, identifier: str) -> ResourceRequest:
        return self._seen(actor, await stores.requests.lock(identifier), identifier)

    def _seen(
        self, actor: Actor, request: ResourceRequest | None, identifier: str
    ) -> ResourceRequest:
        if request is None or not actor.holds(READ_REQUESTS, owner=request.account):
            raise NotFound(f"There is no request {identifier}, or it is not yours.")
        return request

    def _tell(self, actor: Actor, request: ResourceRequest, change: str) -> None:
        facts = {"request": request.id, "account": request.account, "change": change}
        self.events.publish("request.changed", **facts, by=actor.name)
