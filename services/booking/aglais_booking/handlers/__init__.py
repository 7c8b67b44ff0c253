"""URLs of the booking service: parse, ask the manager, answer; one noun a module."""

from __future__ import annotations

from aglais_booking.handlers import admissions, availability, capacities, feeds, packages, pools

__all__ = ["ROUTES"]

ROUTES = (
    *packages.ROUTES,
    *pools.ROUTES,
    *capacities.ROUTES,
    *admissions.ROUTES,
    *availability.ROUTES,
    *feeds.ROUTES,
)
