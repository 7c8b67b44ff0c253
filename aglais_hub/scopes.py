"""Scopes and roles of the platform: who may do what, as the Hub is told it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aglais_hub.identity import scope
from aglais_hub.service import Service

__all__ = ["ADMINS", "custom_scopes", "roles"]

OWN = (
    "accounts",
    "admissions",
    "bookings",
    "grants",
    "identities",
    "keys",
    "leases",
    "requests",
    "spaces",
)
"""Things of which everybody may read their own."""

OWN_WRITES = ("bookings", "departures", "identities", "keys", "requests")
"""Things of which everybody may make, change and remove their own."""

SERVICES_ONLY = ("private-keys",)
"""Things that no person may read, not even an administrator: services are given them by name."""

OPEN = ("packages", "pools", "levels")
"""Things that everybody may read."""

ADMINS = "aglais-admins"
"""Group of those who run the platform."""


def custom_scopes(services: Iterable[Service]) -> dict[str, dict[str, str]]:
    """Return the scopes of all operations of the services, described for the Hub."""
    return {name: {"description": _described(name)} for name in sorted(_all(services))}


def _all(services: Iterable[Service]) -> set[str]:
    return {name for service in services for name in service.scopes}


def _described(name: str) -> str:
    _, _, action, resource = name.split(":")
    verbs = {"read": "See", "write": "Make, change and remove"}
    return f"{verbs[action]} {resource}"


def roles(services: list[Service]) -> list[dict[str, Any]]:
    """Return the Hub's roles: users, administrators, the Hub itself, each service, the operator."""
    everything = sorted(_all(services))
    kinds = [scope("read", thing) for thing in OWN] + [
        scope("write", thing) for thing in OWN_WRITES
    ]
    own = [f"{name}!user" for name in kinds if name in everything]
    every = [scope("read", thing) for thing in OPEN if scope("read", thing) in everything]
    people = [name for name in everything if name.rpartition(":")[2] not in SERVICES_ONLY]
    rights = [*people, "access:services"]
    return [
        {"name": "user", "scopes": ["self", "access:services", *own, *every]},
        {"name": "admin", "groups": [ADMINS], "services": ["aglais-cli"]},
        {"name": "aglais-admin", "scopes": rights, "groups": [ADMINS]},
        _role("aglais", rights),
        _role("aglais-cli", rights),
        *(_role(service.name, list(service.needs)) for service in services if service.needs),
    ]


def _role(service: str, scopes: list[str]) -> dict[str, Any]:
    return {"name": f"service-{service}", "scopes": scopes, "services": [service]}
