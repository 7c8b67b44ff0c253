"""The booking service: packages, pools, and the admission of sessions."""

from datetime import timedelta

from aglais_booking.chores.reaper import Reaper
from aglais_booking.config import BookingConfig
from aglais_booking.handlers import ROUTES
from aglais_booking.managers import Managers
from aglais_booking.schema import Base
from aglais_hub.identity import scope
from aglais_hub.service import Chore, Service

__all__ = ["service"]

service = Service(
    name="booking",
    package="aglais_booking",
    summary="Packages, and who may start one now",
    config=BookingConfig,
    metadata=Base.metadata,
    manager=Managers,
    routes=ROUTES,
    chores=(
        Chore("sweep", timedelta(seconds=60), lambda manager: Reaper(manager).sweep()),
        Chore("readings", timedelta(minutes=2), lambda manager: manager.readings.read()),
        Chore("hours", timedelta(minutes=20), lambda manager: manager.pools.open_hours()),
        # Bookings begin and end within seconds: no replica waits for the lease of another one.
        Chore("clock", timedelta(seconds=1), lambda manager: manager.clock.tick(), in_all=True),
        Chore("endings", timedelta(seconds=1), lambda manager: manager.endings.look()),
        Chore("unused", timedelta(seconds=60), lambda manager: manager.unused.look()),
        Chore("remind", timedelta(seconds=30), lambda manager: manager.reminders.remind()),
        Chore("notices", timedelta(seconds=2), lambda manager: manager.reminders.send()),
        Chore("tidy", timedelta(hours=1), lambda manager: manager.reminders.tidy()),
        Chore("leases", timedelta(seconds=10), lambda manager: manager.leases.reconcile()),
    ),
    home="calendar",
    templates=True,
    needs=(
        "list:users",
        "read:users",
        "read:servers",
        "delete:servers",
        "access:services",
        scope("read", "accounts"),
        scope("write", "mails"),
    ),
)
