"""URLs of the booking service: parse, ask the manager, answer; one noun a module."""

from __future__ import annotations

from aglais_booking.handlers import (
    admissions,
    availability,
    booking_pages,
    bookings,
    calendar,
    capacities,
    departures,
    fair_uses,
    feeds,
    leases,
    packages,
    pools,
    requests,
    span_pages,
)

__all__ = ["ROUTES"]

ROUTES = (
    *calendar.ROUTES,
    *booking_pages.ROUTES,
    *span_pages.ROUTES,
    *packages.ROUTES,
    *pools.ROUTES,
    *capacities.ROUTES,
    *requests.ROUTES,
    *departures.ROUTES,
    *admissions.ROUTES,
    *availability.ROUTES,
    *feeds.ROUTES,
    *bookings.ROUTES,
    *fair_uses.ROUTES,
    *leases.ROUTES,
)
"""The first page is the first tab."""
