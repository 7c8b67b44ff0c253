"""The booking service: packages, pools, and the admission of sessions."""

from datetime import timedelta

from aglais_booking.chores.reaper import Reaper
from aglais_booking.config import BookingConfig
from aglais_booking.handlers import ROUTES
from aglais_booking.managers import Managers
from aglais_booking.schema import Base
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
        Chore("hours", timedelta(minutes=20), lambda manager: manager.pools.open_hours()),
    ),
    home="packages",
    templates=True,
    needs=("list:users", "read:users", "read:servers"),
)
