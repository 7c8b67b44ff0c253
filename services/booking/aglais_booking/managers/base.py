"""What the managers of this service share: stores, scopes, pools and packages."""

from __future__ import annotations

from aglais_booking.config import BookingConfig
from aglais_booking.refusals import UnknownPackageError
from aglais_booking.stores.admissions import AdmissionStore
from aglais_booking.stores.availability import AvailabilityStore
from aglais_booking.stores.bookings import BookingStore, ChangeStore
from aglais_booking.stores.capacities import CapacityStore
from aglais_booking.stores.hours import HourStore
from aglais_booking.stores.packages import PackageStore
from aglais_booking.stores.pools import PoolStore
from aglais_booking.stores.timelines import TimelineStore
from aglais_hub.errors import NotFound
from aglais_hub.identity import scope
from aglais_hub.manager import Manager, store
from aglais_hub.manager import Stores as BaseStores
from aglais_hub.models.booking import Package, Pool
from aglais_hub.service import Context

__all__ = [
    "EMBEDDED",
    "READ_ADMISSIONS",
    "READ_BOOKINGS",
    "READ_PACKAGES",
    "READ_POOLS",
    "READ_REQUESTS",
    "WRITE_ADMISSIONS",
    "WRITE_BOOKINGS",
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

EMBEDDED = "embedded"
"""The pool, and the place, that this machine is."""


class Stores(BaseStores):
    """The stores of this service."""

    admissions = store(AdmissionStore)
    availability = store(AvailabilityStore)
    bookings = store(BookingStore)
    capacities = store(CapacityStore)
    changes = store(ChangeStore)
    hours = store(HourStore)
    packages = store(PackageStore)
    pools = store(PoolStore)
    timelines = store(TimelineStore)


class BookingsManager(Manager[Stores]):
    """What all managers of this service know and do."""

    stores = Stores

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.config: BookingConfig = context.config

    async def _package(self, stores: Stores, name: str) -> Package:
        package = await stores.packages.get(name)
        if package is None:
            names = ", ".join(one.name for one in await stores.packages.all())
            raise UnknownPackageError(f"There is no package {name}; there are {names}.")
        return package

    def _known(self, pool: Pool | None, name: str) -> Pool:
        if pool is None:
            raise NotFound(f"There is no pool {name}.")
        return pool
