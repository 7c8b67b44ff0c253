"""Leases behind bookings, and what Blazar asks about leases of others."""

from __future__ import annotations

from collections.abc import Sequence
from hmac import compare_digest

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_LEASES, WRITE_LEASES
from aglais_hub.errors import Unauthorized
from aglais_hub.identity import Actor
from aglais_hub.models import Model
from aglais_hub.models.leases import BookingLease, LeaseChange, LeaseCheck
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.addresses import came_from
from aglais_hub.web.api import OURS
from aglais_hub.web.pages import CollectionPage

__all__ = ["ROUTES"]

TOKEN_HEADER = "X-Auth-Token"  # noqa: S105 (a header's name)


class Leases(BookingApi):
    """Leases behind bookings."""

    @operation(
        Operation(
            "List the leases at Blazar that stand behind bookings",
            READ_LEASES,
            returns=BookingLease,
            many=True,
            query=("account",),
        )
    )
    async def get(self) -> Sequence[Model]:
        """List them."""
        accounts = self.named("account")
        return self.listed(*await self.manager.leases.page(self.actor, *self.window(), accounts))


class LeasesPage(CollectionPage):
    """Leases behind bookings, the failed ones too."""

    manager: Managers
    title, plural, key = "Leases", "leases", "span"
    columns = ("account", "booking", "starts_at", "ends_at", "state", "problem")

    async def things(self) -> tuple[Sequence[BookingLease], int]:
        """Return those that the user may see."""
        return await self.manager.leases.page(self.actor, *self.window(), ())


class BlazarHandler(BookingApi):
    """Asked by Blazar, which sends its token in a header of OpenStack's."""

    async def prepare(self) -> None:
        """Let Blazar in by the token that was agreed on, or by one of the Hub's."""
        sent = self.request.headers.get(TOKEN_HEADER)
        if sent is None:
            await super().prepare()
            return
        self._token_authenticated = True
        actor = await self._holder(sent)
        if actor is None:
            raise Unauthorized(f"The token in {TOKEN_HEADER} is not known.")
        self.current_user = self.actor = actor

    async def _holder(self, sent: str) -> Actor | None:
        agreed = self.manager.config.blazar_token
        if agreed is not None and compare_digest(sent.encode(), agreed.get_secret_value().encode()):
            return Actor(name="blazar", kind="service", scopes=frozenset({WRITE_LEASES}))
        return await self.tokens.actor(sent, came_from(self.request, OURS))


class CheckCreate(BlazarHandler):
    """Whether a lease may be made."""

    @operation(
        Operation("Answer Blazar: may this lease be made", WRITE_LEASES, LeaseCheck, status=204)
    )
    async def post(self, check: LeaseCheck) -> None:
        """Let it be made, or say why not."""
        await self.manager.lease_checks.create(self.actor, check)


class CheckUpdate(BlazarHandler):
    """Whether a lease may be changed."""

    @operation(
        Operation("Answer Blazar: may this lease be changed", WRITE_LEASES, LeaseChange, status=204)
    )
    async def post(self, change: LeaseChange) -> None:
        """Let it be changed, or say why not."""
        await self.manager.lease_checks.change(self.actor, change)


class OnEnd(BlazarHandler):
    """The end of a lease."""

    @operation(
        Operation("Hear of Blazar that a lease has ended", WRITE_LEASES, LeaseCheck, status=204)
    )
    async def post(self, check: LeaseCheck) -> None:
        """Note it."""
        await self.manager.lease_checks.end(self.actor, check)


ROUTES = (
    Route("api/leases", Leases),
    Route("api/blazar/v1/check-create", CheckCreate),
    Route("api/blazar/v1/check-update", CheckUpdate),
    Route("api/blazar/v1/on-end", OnEnd),
    Route("leases", LeasesPage),
)
