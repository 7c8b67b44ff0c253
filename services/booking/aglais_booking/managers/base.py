"""What the managers of this service share: stores, scopes, pools and packages."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_booking.config import BookingConfig
from aglais_booking.letters import letter
from aglais_booking.refusals import UnknownPackageError
from aglais_booking.stores.admissions import AdmissionStore
from aglais_booking.stores.availability import AvailabilityStore
from aglais_booking.stores.bookings import BookingStore, ChangeStore
from aglais_booking.stores.capacities import CapacityStore
from aglais_booking.stores.departures import DepartureStore
from aglais_booking.stores.fair_uses import FairUseStore
from aglais_booking.stores.feeds import FeedStore
from aglais_booking.stores.hours import HourStore
from aglais_booking.stores.leases import BlazarLeaseStore
from aglais_booking.stores.notices import NoticeStore
from aglais_booking.stores.packages import PackageStore
from aglais_booking.stores.pools import PoolStore
from aglais_booking.stores.requests import RequestStore
from aglais_booking.stores.spans import SpanStore
from aglais_booking.stores.timelines import TimelineStore
from aglais_hub.errors import NotFound
from aglais_hub.identity import scope
from aglais_hub.manager import Manager, store
from aglais_hub.manager import Stores as BaseStores
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Package, Pool
from aglais_hub.models.bookings import Booking, Span
from aglais_hub.service import Context

__all__ = [
    "EMBEDDED",
    "READ_ADMISSIONS",
    "READ_BOOKINGS",
    "READ_LEASES",
    "READ_PACKAGES",
    "READ_POOLS",
    "READ_REQUESTS",
    "WRITE_ADMISSIONS",
    "WRITE_BOOKINGS",
    "WRITE_LEASES",
    "WRITE_PACKAGES",
    "WRITE_POOLS",
    "WRITE_REQUESTS",
    "BookingsManager",
    "Stores",
]

READ_PACKAGES, WRITE_PACKAGES = scope("read", "packages"), scope("write", "packages")
READ_POOLS, WRITE_POOLS = scope("read", "pools"), scope("write", "pools")
READ_ADMISSIONS, WRITE_ADMISSIONS = scope("read", "admissions"), scope("write", "admissions")
READ_BOOKINGS, WRITE_BOOKINGS = scope("read", "bookings"), scope("write", "bookings")
READ_REQUESTS, WRITE_REQUESTS = scope("read", "requests"), scope("write", "requests")
READ_LEASES, WRITE_LEASES = scope("read", "leases"), scope("write", "leases")

EMBEDDED = "embedded"
"""The pool, and the place, that this machine is."""


class Stores(BaseStores):
    """The stores of this service."""

    admissions = store(AdmissionStore)
    availability = store(AvailabilityStore)
    bookings = store(BookingStore)
    capacities = store(CapacityStore)
    changes = store(ChangeStore)
    departures = store(DepartureStore)
    feeds = store(FeedStore)
    fair_uses = store(FairUseStore)
    hours = store(HourStore)
    notices = store(NoticeStore)
    leases = store(BlazarLeaseStore)
    packages = store(PackageStore)
    pools = store(PoolStore)
    requests = store(RequestStore)
    timelines = store(TimelineStore)
    spans = store(SpanStore)


class BookingsManager(Manager[Stores]):
    """What all managers of this service know and do."""

    stores = Stores

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.config: BookingConfig = context.config

    async def _notify(
        self, stores: Stores, about: str, account: str, template: str, **values: object
    ) -> bool:
        """Write to an account's owner, unless that was done before; tell whether it was not.

        Parameters
        ----------
        stores
            Of the transaction that makes true what the mail says.
        about
            What it is about, such as ``begins:SPAN:MOMENT``: nobody is told the same twice.
        template
            Name of a file in ``mails/``, without ``.txt``; its first line is the subject.
        values
            What the template prints.
        """
        if await stores.notices.written_at(about) is not None:
            return False
        subject, text = letter(template, calendar=self._page("booking/calendar"), **values)
        await stores.notices.add(about, account, subject, text, utcnow())
        return True

    async def _notify_of(
        self, stores: Stores, about: str, booking: Booking, template: str, **values: object
    ) -> bool:
        """Write to a booking's owner about it, unless that was done before."""
        facts = {
            # What people call a thing has no place for a second line of a subject.
            "name": " ".join(booking.name.split()),
            "package": booking.package,
            "zone": booking.zone,
            "link": self._page(f"booking/bookings/{booking.id}"),
            "start": f"{self.config.platform_url}hub/spawn?opt-booking={booking.id}",
        }
        return await self._notify(stores, about, booking.account, template, **facts | values)

    async def _notify_cancelled(
        self, stores: Stores, booking: Booking, by: str, why: str | None, span: Span | None = None
    ) -> None:
        """Tell a booking's owner that somebody else cancelled it, or one of its spans."""
        if by == booking.account:
            return
        about = f"cancelled:{span.id if span else booking.id}"
        facts = {"by": by, "why": why, "span": span}
        await self._notify_of(stores, about, booking, "cancelled", **facts)

    async def _notify_over_capacity(self, stores: Stores, booking: Booking, cause: str) -> None:
        """Tell a booking's owner that the pool has become too small for it.

        Parameters
        ----------
        cause
            What made it so, such as the id of a capacity: told once for each.
        """
        times = {"starts_at": booking.starts_at, "ends_at": booking.ends_at}
        await self._notify_of(
            stores, f"over:{booking.id}:{cause}", booking, "over-capacity", **times
        )

    def _page(self, path: str) -> str:
        return f"{self.config.platform_url}services/{path}"

    async def _package(self, stores: Stores, name: str) -> Package:
        package = await stores.packages.get(name)
        return package or self._named(await stores.packages.all(), name)

    def _named(self, packages: Sequence[Package], name: str) -> Package:
        for package in packages:
            if package.name == name:
                return package
        names = ", ".join(one.name for one in packages)
        raise UnknownPackageError(f"There is no package {name}; there are {names}.")

    def _known(self, pool: Pool | None, name: str) -> Pool:
        if pool is None:
            raise NotFound(f"There is no pool {name}.")
        return pool
