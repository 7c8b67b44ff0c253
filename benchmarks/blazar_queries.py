"""Blazar's own questions to its database; run by Blazar's own Python: ``FILE CONFIG``.

Each line that comes in is ``bulk DAYS`` or ``per-host DAYS``; each is answered by a line with the
number of hosts that are free for all of that time.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

from blazar.db import api, utils
from oslo_config import cfg


def bulk(hosts: list[str], start: datetime, end: datetime) -> int:
    """Ask for all allocations at once, as Blazar's list of allocations does."""
    found = utils.get_reservation_allocations_by_host_ids(hosts, start, end)
    return len(hosts) - len({host for one in found for host in one["host_ids"]})


def per_host(hosts: list[str], start: datetime, end: datetime) -> int:
    """Ask for the free periods of each host, as Blazar does when it chooses hosts."""
    whole = [(start, end)]
    return sum(utils.get_free_periods(host, start, end, end - start) == whole for host in hosts)


def main() -> None:
    """Answer until nothing comes any more."""
    cfg.CONF([], project="blazar", default_config_files=[sys.argv[1]])
    hosts = [host["id"] for host in api.reservable_host_get_all_by_queries([])]
    asks = {"bulk": bulk, "per-host": per_host}
    for line in sys.stdin:
        what, days = line.split()
        start = datetime.utcnow() + timedelta(days=1)
        sys.stdout.write(f"{asks[what](hosts, start, start + timedelta(days=int(days)))}\n")
        sys.stdout.flush()


main()
