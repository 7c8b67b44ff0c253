"""Calls about pools, capacities and requests for more resources."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

from aglais_hub.client import ServiceClients
from aglais_hub.models import utcnow
from aglais_hub.models.availability import Granularity
from aglais_hub.models.booking import Machines, PoolEdit, PoolRequest
from aglais_hub.models.capacities import (
    Approval,
    CapacityEdit,
    CapacityEffect,
    CapacityRequest,
    RequestState,
    ResourceRequestForm,
)
from tests.client.case import Case, Notes

__all__ = ["CAPACITIES"]

GIB = 2**30
START = utcnow().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
END = START + timedelta(days=2)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def pool(cores: float = 8) -> PoolEdit:
    machines = Machines(cores=cores, memory_bytes=64 * GIB, disk_bytes=2**40, gpus=2)
    return PoolEdit(resources=machines, core_overcommit=2, site="leiden", hardware=("gpu",))


def new_pool(name: str = "gpu") -> PoolRequest:
    return PoolRequest(name=name, **dict(pool()))


def edit(**given: Any) -> CapacityEdit:
    usual = {"title": "Nodes", "cores": 2, "memory_bytes": GIB, "starts_at": START, "ends_at": END}
    return CapacityEdit.model_validate(usual | given)


def capacity(in_pool: str = "gpu", **given: Any) -> CapacityRequest:
    return CapacityRequest(pool=in_pool, **dict(edit(**given)))


def form(**given: Any) -> ResourceRequestForm:
    usual = edit().model_dump(exclude={"effect"}) | {"title": "Course", "why": "Students"}
    return ResourceRequestForm.model_validate(usual | given)


def approval(in_pool: str = "gpu", **given: Any) -> Approval:
    amounts = edit(**given).model_dump(exclude={"effect", "title"})
    return Approval(pool=in_pool, text="Half", **amounts)


async def noting(notes: Notes, key: str, made: Awaitable[Any]) -> Any:
    thing = await made
    notes[key] = thing.id
    return thing


async def many_requests(clients: ServiceClients, _notes: Notes) -> Any:
    for _ in range(11):
        await clients.booking.request_resources(form())


CAPACITIES = [
    Case("booking.create_pool", "one", lambda c, n: c.booking.create_pool(new_pool())),
    Case("booking.create_pool", "taken", lambda c, n: c.booking.create_pool(new_pool())),
    Case("booking.create_pool", "own", lambda c, n: c.booking.create_pool(new_pool()), who="alice"),
    Case("booking.pool", "one", lambda c, n: c.booking.pool("gpu")),
    Case("booking.pool", "unknown", lambda c, n: c.booking.pool("nothing")),
    Case("booking.pools", "two", lambda c, n: c.booking.pools()),
    Case("booking.pool_usage", "empty", lambda c, n: c.booking.pool_usage("gpu")),
    Case("booking.edit_pool", "second", lambda c, n: c.booking.edit_pool("gpu", pool(16))),
    Case("booking.capacities", "none", lambda c, n: c.booking.capacities()),
    Case(
        "booking.create_capacity",
        "one",
        lambda c, n: noting(n, "nodes", c.booking.create_capacity(capacity())),
    ),
    Case(
        "booking.create_capacity",
        "away",
        lambda c, n: c.booking.create_capacity(
            capacity(effect=CapacityEffect.REMOVES, ends_at=None, gpus=1, cores=0)
        ),
    ),
    Case(
        "booking.create_capacity",
        "nothing",
        lambda c, n: c.booking.create_capacity(capacity(cores=0, memory_bytes=0)),
    ),
    Case(
        "booking.create_capacity",
        "backwards",
        lambda c, n: c.booking.create_capacity(capacity(ends_at=START)),
    ),
    Case(
        "booking.create_capacity",
        "unknown pool",
        lambda c, n: c.booking.create_capacity(capacity("nothing")),
    ),
    Case("booking.capacity", "one", lambda c, n: c.booking.capacity(n["nodes"])),
    Case("booking.capacity", "unknown", lambda c, n: c.booking.capacity("nothing")),
    Case("booking.capacities", "of a pool", lambda c, n: c.booking.capacities("gpu")),
    Case("booking.capacities", "of another", lambda c, n: c.booking.capacities("embedded")),
    Case("booking.pool_timeline", "days", lambda c, n: c.booking.pool_timeline("gpu")),
    Case(
        "booking.pool_timeline",
        "hours",
        lambda c, n: c.booking.pool_timeline("gpu", START, END, Granularity.HOUR),
    ),
    Case(
        "booking.pool_timeline",
        "backwards",
        lambda c, n: c.booking.pool_timeline("gpu", END, START),
    ),
    Case("booking.pool_timeline", "unknown", lambda c, n: c.booking.pool_timeline("nothing")),
    Case("booking.overbooked", "none", lambda c, n: c.booking.overbooked("gpu")),
    Case("booking.overbooked", "own", lambda c, n: c.booking.overbooked("gpu"), who="alice"),
    Case("booking.overbooked", "unknown", lambda c, n: c.booking.overbooked("nothing")),
    Case(
        "booking.edit_capacity",
        "one",
        lambda c, n: c.booking.edit_capacity(n["nodes"], edit(cores=3)),
    ),
    Case("booking.edit_capacity", "unknown", lambda c, n: c.booking.edit_capacity("no", edit())),
    Case(
        "booking.edit_capacity",
        "nothing",
        lambda c, n: c.booking.edit_capacity(n["nodes"], edit(cores=0, memory_bytes=0)),
    ),
    Case("booking.delete_pool", "used", lambda c, n: c.booking.delete_pool("gpu")),
    Case("booking.delete_pool", "this machine", lambda c, n: c.booking.delete_pool("embedded")),
    Case("booking.delete_capacity", "one", lambda c, n: c.booking.delete_capacity(n["nodes"])),
    Case("booking.delete_capacity", "twice", lambda c, n: c.booking.delete_capacity(n["nodes"])),
    Case("booking.create_pool", "other", lambda c, n: c.booking.create_pool(new_pool("other"))),
    Case("booking.delete_pool", "one", lambda c, n: c.booking.delete_pool("other")),
    Case("booking.delete_pool", "twice", lambda c, n: c.booking.delete_pool("other")),
    Case(
        "booking.request_resources",
        "own",
        lambda c, n: noting(n, "request", c.booking.request_resources(form())),
        who="alice",
    ),
    Case(
        "booking.request_resources",
        "by a program",
        lambda c, n: noting(n, "other", c.booking.request_resources(form(pool="gpu"))),
    ),
    Case(
        "booking.request_resources",
        "over",
        lambda c, n: c.booking.request_resources(
            form(starts_at=LONG_AGO, ends_at=LONG_AGO + timedelta(days=1))
        ),
    ),
    Case(
        "booking.request_resources",
        "nothing",
        lambda c, n: c.booking.request_resources(form(cores=0, memory_bytes=0)),
    ),
    Case(
        "booking.request_resources",
        "unknown pool",
        lambda c, n: c.booking.request_resources(form(pool="nothing")),
    ),
    Case("booking.request_resources", "too many", many_requests),
    Case("booking.resource_requests", "all", lambda c, n: c.booking.resource_requests()),
    Case("booking.resource_requests", "alice's", lambda c, n: c.booking.resource_requests("alice")),
    Case(
        "booking.resource_requests",
        "refused ones",
        lambda c, n: c.booking.resource_requests(state=RequestState.REFUSED),
    ),
    Case(
        "booking.resource_requests",
        "own",
        lambda c, n: c.booking.resource_requests(),
        who="alice",
    ),
    Case(
        "booking.resource_requests",
        "other's",
        lambda c, n: c.booking.resource_requests("bob"),
        who="alice",
    ),
    Case(
        "booking.resource_request",
        "own",
        lambda c, n: c.booking.resource_request(n["request"]),
        who="alice",
    ),
    Case(
        "booking.resource_request",
        "other's",
        lambda c, n: c.booking.resource_request(n["other"]),
        who="alice",
    ),
    Case("booking.resource_request", "unknown", lambda c, n: c.booking.resource_request("no")),
    Case(
        "booking.answer_request",
        "one",
        lambda c, n: c.booking.answer_request(n["request"], "Sure?"),
    ),
    Case(
        "booking.answer_request",
        "own",
        lambda c, n: c.booking.answer_request(n["request"], "Yes."),
        who="alice",
    ),
    Case(
        "booking.answer_request",
        "other's",
        lambda c, n: c.booking.answer_request(n["other"], "Me too."),
        who="alice",
    ),
    Case(
        "booking.approve_request",
        "own",
        lambda c, n: c.booking.approve_request(n["request"], approval()),
        who="alice",
    ),
    Case(
        "booking.approve_request",
        "unknown pool",
        lambda c, n: c.booking.approve_request(n["request"], approval("nothing")),
    ),
    Case(
        "booking.approve_request",
        "one",
        lambda c, n: c.booking.approve_request(n["request"], approval(cores=1)),
    ),
    Case(
        "booking.approve_request",
        "twice",
        lambda c, n: c.booking.approve_request(n["request"], approval(cores=1)),
    ),
    Case(
        "booking.refuse_request",
        "approved",
        lambda c, n: c.booking.refuse_request(n["request"], "No"),
    ),
    Case(
        "booking.refuse_request", "one", lambda c, n: c.booking.refuse_request(n["other"], "Full")
    ),
    Case(
        "booking.withdraw_request",
        "approved",
        lambda c, n: c.booking.withdraw_request(n["request"]),
        who="alice",
    ),
    Case(
        "booking.request_resources",
        "another",
        lambda c, n: noting(n, "third", c.booking.request_resources(form())),
        who="alice",
    ),
    Case(
        "booking.withdraw_request",
        "own",
        lambda c, n: c.booking.withdraw_request(n["third"]),
        who="alice",
    ),
    Case("booking.withdraw_request", "unknown", lambda c, n: c.booking.withdraw_request("no")),
    Case(
        "booking.erase_account", "own", lambda c, n: c.booking.erase_account("alice"), who="alice"
    ),
    Case("booking.erase_account", "one", lambda c, n: c.booking.erase_account("alice")),
    Case("booking.erase_account", "again", lambda c, n: c.booking.erase_account("alice")),
    Case("booking.bookings", "erased", lambda c, n: c.booking.bookings("alice")),
    Case("booking.resource_requests", "erased", lambda c, n: c.booking.resource_requests("alice")),
]
