"""URLs of the accounts service: parse, ask the manager, answer; one noun a module."""

from __future__ import annotations

from aglais_accounts.handlers import (
    accounts,
    departures,
    identities,
    levels,
    passwords,
    signups,
    visits,
)

__all__ = ["ROUTES"]

ROUTES = (
    *accounts.ROUTES,
    *departures.ROUTES,
    *identities.ROUTES,
    *levels.ROUTES,
    *passwords.ROUTES,
    *signups.ROUTES,
    *visits.ROUTES,
)
