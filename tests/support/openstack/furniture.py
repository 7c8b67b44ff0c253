"""What a cloud has when it is used first: hosts that can be leased, and flavors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.openstack.login import Api

__all__ = ["furnish"]

FREEPOOL = "freepool"
"""Aggregate of the hosts that Blazar may lease."""

FLAVORS = {"small": (2, 8), "large": (16, 64)}
"""Cores, and memory in GiB."""

FOUND_SECONDS = 90
"""Until Nova's scheduler has found its hosts; it looks each five seconds."""


def furnish(api: Api, computes: int) -> None:
    """Make flavors, and give Blazar all hosts; only with the services that there are."""
    if "nova" not in api.endpoints:
        return
    for name, (cores, gib) in FLAVORS.items():
        flavor = {"name": name, "vcpus": cores, "ram": gib * 1024, "disk": 20}
        api("nova", "POST", "/flavors", {"flavor": flavor})
    _wait_for_hosts(api, computes)
    if "blazar" in api.endpoints:
        api("nova", "POST", "/os-aggregates", {"aggregate": {"name": FREEPOOL}})
        for number in range(1, computes + 1):
            api("blazar", "POST", "/os-hosts", {"name": f"compute-{number}"})


def _wait_for_hosts(api: Api, computes: int) -> None:
    end = time.monotonic() + FOUND_SECONDS
    while len(api("nova", "GET", "/os-hypervisors")["hypervisors"]) < computes:
        if time.monotonic() > end:
            raise RuntimeError("Nova has not found its hosts.")
        time.sleep(0.3)
