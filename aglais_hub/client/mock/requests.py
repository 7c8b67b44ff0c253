"""Requests for more resources, in memory."""

from __future__ import annotations

import secrets
from datetime import datetime

from aglais_hub.client.mock.capacities import MockCapacities, check_amounts, check_times
from aglais_hub.client.mock.service import Asked, answers, refused
from aglais_hub.errors import Conflict, InvalidRequest, NotFound
from aglais_hub.identity import Actor, scope
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

__all__ = ["MockRequests"]

READ, WRITE = scope("read", "requests"), scope("write", "requests")
WRITE_POOLS = scope("write", "pools")
MOST_OPEN = 10


class MockRequests(MockCapacities):
    """Requests, talked about and decided on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[str, ResourceRequest] = {}

    @answers("GET", "requests", READ)
    def requests(self, asked: Asked) -> list[ResourceRequest]:
        """List requests, of some accounts or all, the latest first."""
        actor, accounts = asked.actor, asked.query.get_list("account")
        for account in accounts:
            if account != actor.name:
                actor.require(READ, owner=account)
        seen = accounts or (None if actor.holds(READ) else [actor.name])
        states = asked.query.get_list("state")
        found = [
            one
            for one in self.asked.values()
            if (seen is None or one.account in seen) and (not states or one.state in states)
        ]
        return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)

    @answers("GET", "requests/{identifier}", READ)
    def request(self, asked: Asked, identifier: str) -> ResourceRequest:
        """Return a request."""
        return self._seen_request(asked.actor, identifier)

    def _seen_request(self, actor: Actor, identifier: str) -> ResourceRequest:
        found = self.asked.get(identifier)
        if found is None or not actor.holds(READ, found.account):
            raise NotFound(f"There is no request {identifier}, or it is not yours.")
        return found

    @answers("POST", "requests", WRITE, status=201)
    def request_resources(self, asked: Asked) -> ResourceRequest:
        """Ask for more, for oneself."""
        form, name = asked.body(ResourceRequestForm), asked.actor.name
        asked.actor.require(WRITE, name)
        check_amounts(form)
        check_times(form.starts_at, form.ends_at)
        _check_until(form.ends_at)
        if form.pool is not None:
            self.pool_of(form.pool)
        mine = [one for one in self.asked.values() if one.account == name]
        if sum(one.state is RequestState.OPEN for one in mine) >= MOST_OPEN:
            raise refused(Conflict, "too-many-requests", f"{name} has {MOST_OPEN} open requests.")
        request = ResourceRequest(
            id=secrets.token_hex(16),
            account=name,
            state=RequestState.OPEN,
            created_at=utcnow(),
            decided_at=None,
            decided_by=None,
            capacity=None,
            answers=(),
            **dict(form),
        )
        self.asked[request.id] = request
        return request

    @answers("POST", "requests/{identifier}/approve", WRITE)
    def approve_request(self, asked: Asked, identifier: str) -> ResourceRequest:
        """Give what was asked for, or less."""
        approval = asked.body(Approval)
        asked.actor.require(WRITE)
        asked.actor.require(WRITE_POOLS)
        _check_until(approval.ends_at)
        request = _open(self._seen_request(asked.actor, identifier))
        amounts = approval.model_dump(exclude={"text"})
        given = self.allocate(
            CapacityRequest(title=request.title, **amounts), CapacitySource.REQUEST
        )
        decided = self._decide(asked, request, RequestState.APPROVED, given.id)
        return self._say(asked, decided, approval.text) if approval.text else decided

    @answers("POST", "requests/{identifier}/refuse", WRITE)
    def refuse_request(self, asked: Asked, identifier: str) -> ResourceRequest:
        """Say no, and why."""
        refusal = asked.body(Refusal)
        asked.actor.require(WRITE)
        request = _open(self._seen_request(asked.actor, identifier))
        decided = self._decide(asked, request, RequestState.REFUSED)
        return self._say(asked, decided, refusal.text)

    @answers("POST", "requests/{identifier}/answer", WRITE)
    def answer_request(self, asked: Asked, identifier: str) -> ResourceRequest:
        """Say something about a request."""
        answer = asked.body(AnswerRequest)
        request = self._seen_request(asked.actor, identifier)
        asked.actor.require(WRITE, request.account)
        return self._say(asked, request, answer.text)

    @answers("POST", "requests/{identifier}/withdraw", WRITE)
    def withdraw_request(self, asked: Asked, identifier: str) -> ResourceRequest:
        """Want it no longer."""
        request = self._seen_request(asked.actor, identifier)
        asked.actor.require(WRITE, request.account)
        return self._decide(asked, _open(request), RequestState.WITHDRAWN)

    def _decide(
        self,
        asked: Asked,
        request: ResourceRequest,
        state: RequestState,
        capacity: str | None = None,
    ) -> ResourceRequest:
        by = {"decided_at": utcnow(), "decided_by": asked.actor.name}
        decided = request.model_copy(update={"state": state, "capacity": capacity, **by})
        self.asked[request.id] = decided
        return decided

    def _say(self, asked: Asked, request: ResourceRequest, text: str) -> ResourceRequest:
        answer = Answer(at=utcnow(), by=asked.actor.name, text=text)
        said = request.model_copy(update={"answers": (*request.answers, answer)})
        self.asked[request.id] = said
        return said


def _open(request: ResourceRequest) -> ResourceRequest:
    if request.state is not RequestState.OPEN:
        raise refused(Conflict, "request-decided", f"It was {request.state} already.")
    return request


def _check_until(ends_at: datetime | None) -> None:
    if ends_at is not None and ends_at <= utcnow():
        raise refused(InvalidRequest, "span-in-past", "That time is over.")
