"""URLs of the accounts service: parse, ask the manager, answer; one noun a module."""

from __future__ import annotations

from aglais_accounts.handlers import (
    accounts,
    changes,
    departures,
    exports,
    grants,
    identities,
    identity_pages,
    key_pages,
    keys,
    leaving,
    levels,
    limits,
    mails,
    nodes,
    passwords,
    signups,
    visits,
)

__all__ = ["ROUTES"]

ROUTES = (
    *accounts.ROUTES,
    *changes.ROUTES,
    *departures.ROUTES,
    *exports.ROUTES,
    *leaving.ROUTES,
    *grants.ROUTES,
    *identities.ROUTES,
    *identity_pages.ROUTES,
    *key_pages.ROUTES,
    *keys.ROUTES,
    *levels.ROUTES,
    *nodes.ROUTES,
    *limits.ROUTES,
    *mails.ROUTES,
    *passwords.ROUTES,
    *signups.ROUTES,
    *visits.ROUTES,
)
