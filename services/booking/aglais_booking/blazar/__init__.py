"""Blazar, OpenStack's reservation service: leases of machines, behind a small base class."""

from aglais_booking.blazar.base import (
    BlazarAwayError,
    Lease,
    LeaseRefusedError,
    NoBlazarError,
    Reservations,
    WantedLease,
)
from aglais_booking.blazar.openstack import OpenStackReservations

__all__ = [
    "BlazarAwayError",
    "Lease",
    "LeaseRefusedError",
    "NoBlazarError",
    "OpenStackReservations",
    "Reservations",
    "WantedLease",
]
