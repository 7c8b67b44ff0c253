"""Where it is read what the machines of a pool have."""

from aglais_booking.capacity_sources.base import CapacitySource, Reading, UnreadableError
from aglais_booking.capacity_sources.openstack import HostSource, QuotaSource

__all__ = ["CapacitySource", "HostSource", "QuotaSource", "Reading", "UnreadableError"]
