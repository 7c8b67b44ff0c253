"""The rules of the booking service, one noun a module."""

from __future__ import annotations

from aglais_booking.managers.admissions import AdmissionManager
from aglais_booking.managers.availability import AvailabilityManager
from aglais_booking.managers.base import BookingsManager
from aglais_booking.managers.bookers import Bookers
from aglais_booking.managers.bookings import BookingManager
from aglais_booking.managers.capacities import CapacityManager
from aglais_booking.managers.clock import ClockManager
from aglais_booking.managers.departures import DepartureManager
from aglais_booking.managers.endings import EndingManager
from aglais_booking.managers.fair_use import FairUseManager
from aglais_booking.managers.feeds import FeedManager
from aglais_booking.managers.lease_checks import LeaseCheckManager
from aglais_booking.managers.leases import LeaseManager
from aglais_booking.managers.packages import PackageManager
from aglais_booking.managers.pools import PoolManager
from aglais_booking.managers.readings import ReadingManager
from aglais_booking.managers.reminders import ReminderManager
from aglais_booking.managers.requests import RequestManager
from aglais_booking.managers.rooms import RoomManager
from aglais_booking.managers.spans import SpanManager
from aglais_booking.managers.unused import UnusedManager
from aglais_hub.service import Context

__all__ = ["Managers"]


class Managers(BookingsManager):
    """All managers of the service, on one context."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.clock = ClockManager(context)
        self.packages = PackageManager(context)
        self.pools = PoolManager(context)
        self.capacities = CapacityManager(context, self.pools)
        self.readings = ReadingManager(context, self.pools)
        self.departures = DepartureManager(context)
        self.requests = RequestManager(context, self.capacities)
        self.availability = AvailabilityManager(context, self.pools)
        self.rooms = RoomManager(context)
        self.admissions = AdmissionManager(context, self.pools, self.rooms)
        self.endings = EndingManager(context, self.admissions, self.rooms)
        self.reminders = ReminderManager(context)
        self.unused = UnusedManager(context)
        self.feeds = FeedManager(context)
        self.bookers = Bookers(context)
        self.bookings = BookingManager(context, self.bookers, self.clock, self.pools)
        self.spans = SpanManager(context, self.bookers, self.clock)
        self.fair_uses = FairUseManager(context)
        self.leases = LeaseManager(context)
        self.lease_checks = LeaseCheckManager(context, self.pools, self.leases)
