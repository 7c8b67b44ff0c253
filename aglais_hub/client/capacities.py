"""What the client of the booking service asks about pools, capacities and requests for more."""

from __future__ import annotations

from datetime import datetime

from aglais_hub.client.base import ServiceClient
from aglais_hub.models.availability import Granularity
from aglais_hub.models.booking import Pool, PoolEdit, PoolRequest, PoolUsage
from aglais_hub.models.bookings import Booking
from aglais_hub.models.capacities import (
    AnswerRequest,
    Approval,
    Capacity,
    CapacityEdit,
    CapacityRequest,
    Refusal,
    RequestState,
    ResourceRequest,
    ResourceRequestForm,
    Timeline,
)

__all__ = ["CapacityMethods"]


class CapacityMethods(ServiceClient):
    """Pools, what they are given for a time, and who asks for more."""

    async def pools(self) -> list[Pool]:
        """Return all pools."""
        return await self.list(Pool, "pools")

    async def pool(self, name: str) -> Pool:
        """Return a pool."""
        return await self.get(Pool, f"pools/{name}")

    async def create_pool(self, request: PoolRequest) -> Pool:
        """Make a pool."""
        return await self.post(Pool, "pools", request)

    async def edit_pool(self, name: str, edit: PoolEdit) -> Pool:
        """Change a pool; what is in use or booked stays."""
        return await self.post(Pool, f"pools/{name}", edit)

    async def delete_pool(self, name: str) -> None:
        """Delete a pool to which nothing refers."""
        await self.request("DELETE", f"pools/{name}")

    async def pool_usage(self, name: str) -> PoolUsage:
        """Return what of a pool is in use."""
        return await self.get(PoolUsage, f"pools/{name}/usage")

    async def pool_timeline(
        self,
        name: str,
        start: datetime | None = None,
        end: datetime | None = None,
        by: Granularity = Granularity.DAY,
    ) -> Timeline:
        """Return what a pool has over time, and what of it is booked; none: the next 4 weeks."""
        asked = {"from": start and start.isoformat(), "to": end and end.isoformat(), "by": by}
        query = {name: value for name, value in asked.items() if value is not None}
        answer = await self.request("GET", f"pools/{name}/timeline", query=query)
        return Timeline.model_validate(answer.json())

    async def overbooked(self, name: str) -> list[Booking]:
        """Return the bookings that a pool has become too small for."""
        return await self.list(Booking, f"pools/{name}/overbooked")

    async def capacities(self, *pools: str) -> list[Capacity]:
        """Return what all, or some, pools are given or lose for a time."""
        return await self.list(Capacity, "capacities", **({"pool": pools} if pools else {}))

    async def capacity(self, identifier: str) -> Capacity:
        """Return an allocation."""
        return await self.get(Capacity, f"capacities/{identifier}")

    async def create_capacity(self, request: CapacityRequest) -> Capacity:
        """Give a pool resources, or take some away, for a time."""
        return await self.post(Capacity, "capacities", request)

    async def edit_capacity(self, identifier: str, edit: CapacityEdit) -> Capacity:
        """Change an allocation; what is booked stays booked."""
        return await self.post(Capacity, f"capacities/{identifier}", edit)

    async def delete_capacity(self, identifier: str) -> None:
        """Take an allocation back; what is booked stays booked."""
        await self.request("DELETE", f"capacities/{identifier}")

    async def resource_requests(
        self, *accounts: str, state: RequestState | None = None
    ) -> list[ResourceRequest]:
        """Return the requests of all or of some accounts, in a state or in any."""
        query = {"account": accounts} if accounts else {}
        more = {"state": state} if state else {}
        return await self.list(ResourceRequest, "requests", **query, **more)

    async def resource_request(self, identifier: str) -> ResourceRequest:
        """Return a request."""
        return await self.get(ResourceRequest, f"requests/{identifier}")

    async def request_resources(self, form: ResourceRequestForm) -> ResourceRequest:
        """Ask for more resources."""
        return await self.post(ResourceRequest, "requests", form)

    async def approve_request(self, identifier: str, approval: Approval) -> ResourceRequest:
        """Approve a request: it becomes an allocation."""
        return await self.post(ResourceRequest, f"requests/{identifier}/approve", approval)

    async def refuse_request(self, identifier: str, why: str) -> ResourceRequest:
        """Refuse a request."""
        return await self.post(ResourceRequest, f"requests/{identifier}/refuse", Refusal(text=why))

    async def answer_request(self, identifier: str, text: str) -> ResourceRequest:
        """Say something about a request."""
        answer = AnswerRequest(text=text)
        return await self.post(ResourceRequest, f"requests/{identifier}/answer", answer)

    async def withdraw_request(self, identifier: str) -> ResourceRequest:
        """Want it no longer."""
        answer = await self.request("POST", f"requests/{identifier}/withdraw")
        return ResourceRequest.model_validate(answer.json())

    async def erase_account(self, account: str) -> None:
        """Give back what an account has booked, and forget who it was; again is no error."""
        await self.request("POST", f"departures/{account}")
