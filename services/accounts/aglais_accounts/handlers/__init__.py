"""URLs of the accounts service: parse, ask the manager, answer; one noun a module."""

from __future__ import annotations

from aglais_accounts.handlers import accounts, departures, levels, passwords, signups

__all__ = ["ROUTES"]

ROUTES = (
    *accounts.ROUTES,
    *departures.ROUTES,
    *levels.ROUTES,
    *passwords.ROUTES,
    *signups.ROUTES,
)
