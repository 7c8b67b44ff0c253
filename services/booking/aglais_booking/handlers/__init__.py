"""URLs of the booking service: parse, ask the manager, answer; one noun a module."""

from __future__ import annotations

from aglais_booking.handlers import (
    admissions,
    availability,
    bookings,
    capacities,
    fair_uses,
    feeds,
    packages,
    pools,
)

__all__ = ["ROUTES"]

ROUTES = (
    *packages.ROUTES,
    *pools.ROUTES,
    *capacities.ROUTES,
    *admissions.ROUTES,
    *availability.ROUTES,
    *feeds.ROUTES,
    *bookings.ROUTES,
    *fair_uses.ROUTES,
)
