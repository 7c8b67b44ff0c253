"""Admissions: URLs of the API, and pages."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_ADMISSIONS, WRITE_ADMISSIONS
from aglais_hub.models import Model
from aglais_hub.models.booking import Admission, AdmissionRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.paging import Batch
from aglais_hub.service import Route
from aglais_hub.web.actions import ActionPage
from aglais_hub.web.pages import LongCollectionPage, ThingPage

__all__ = ["ROUTES"]


class Admissions(BookingApi):
    """All sessions that were let in."""

    @operation(
        Operation(
            "List admissions",
            READ_ADMISSIONS,
            returns=Admission,
            many=True,
            is_long=True,
            query=("account",),
        )
    )
    async def get(self) -> Sequence[Model]:
        """List them."""
        accounts = self.named("account")
        return self.listed_by_place(
            await self.manager.admissions.page(self.actor, self.place(), accounts)
        )

    @operation(
        Operation(
            "Ask whether an account may start a session now; counted if so",
            WRITE_ADMISSIONS,
            AdmissionRequest,
            returns=Admission,
            status=201,
        )
    )
    async def post(self, request: AdmissionRequest) -> Admission:
        """Let it in, or say why not."""
        admission = await self.manager.admissions.admit(self.actor, request)
        self.created("admissions", admission.id)
        return admission


class OneAdmission(BookingApi):
    """A session that was let in."""

    @operation(Operation("Return an admission", READ_ADMISSIONS, returns=Admission))
    async def get(self, identifier: str) -> Admission:
        """Return it."""
        return await self.manager.admissions.get(self.actor, identifier)


class Release(BookingApi):
    """The end of an admission."""

    @operation(Operation("Say that a session has ended", WRITE_ADMISSIONS, status=204))
    async def post(self, identifier: str) -> None:
        """Count it no longer."""
        await self.manager.admissions.release(self.actor, identifier)


class AdmissionsPage(LongCollectionPage):
    """All sessions that were let in, or one's own."""

    manager: Managers
    title, plural, key = "Admissions", "admissions", "id"
    columns = (
        "account",
        "package",
        "server",
        "admitted_at",
        "until",
        "is_interruptible",
        "warned_at",
    )

    async def batch(self) -> Batch[Admission]:
        """Return those that the user may see."""
        return await self.manager.admissions.page(self.actor, self.place())


class AdmissionPage(ThingPage):
    """A session that was let in."""

    manager: Managers
    title, act_scope = "Admission", WRITE_ADMISSIONS
    actions = (("Release", "release"),)

    async def thing(self, identifier: str) -> Admission:  # type: ignore[override]
        """Return it."""
        return await self.manager.admissions.get(self.actor, identifier)


class AdmissionRelease(ActionPage):
    """The question before an admission is released by hand."""

    manager: Managers
    title, verb, act_scope = "Release admission", "Release", WRITE_ADMISSIONS
    question = (
        "Its cores and memory can be promised to others at once. This does not stop the "
        "session: release it only if the session is gone."
    )

    async def act(self, identifier: str) -> None:  # type: ignore[override]
        """Release it."""
        await self.manager.admissions.release(self.actor, identifier)


ROUTES = (
    Route("api/admissions", Admissions),
    Route("api/admissions/{identifier}", OneAdmission),
    Route("api/admissions/{identifier}/release", Release),
    Route("admissions", AdmissionsPage),
    Route("admissions/{identifier}", AdmissionPage),
    Route("admissions/{identifier}/release", AdmissionRelease),
)
