"""A real Blazar 18 to measure beside: some hosts, some leases, and its own queries."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.support.openstack import Api, Cloud
from tests.support.openstack.installation import installation

__all__ = ["BlazarUnderTest", "bulk", "per_host", "real_blazar"]

QUERIES = Path(__file__).with_name("blazar_queries.py")
MINUTES = "%Y-%m-%d %H:%M"
DAYS = 300
"""Leases are somewhere in the days to come, each a day long."""

SQL = """
import json, sys, pymysql
told = {"unix_socket": sys.argv[1], "user": "root", "database": "blazar", "autocommit": True}
connection = pymysql.connect(**told)
cursor = connection.cursor()
for statement, rows in json.load(sys.stdin):
    cursor.executemany(statement, rows) if rows else cursor.execute(statement)
print(json.dumps(cursor.fetchall() if cursor.description else []))
"""

OVERLAPS = """
SELECT COUNT(*) FROM computehost_allocations a JOIN reservations r ON r.id = a.reservation_id
JOIN leases l ON l.id = r.lease_id JOIN computehost_allocations b ON
b.compute_host_id = a.compute_host_id AND b.id > a.id JOIN reservations s ON s.id = b.reservation_id
JOIN leases m ON m.id = s.lease_id WHERE l.start_date < m.end_date AND m.start_date < l.end_date
"""


@dataclass
class BlazarUnderTest:
    """A running Blazar."""

    cloud: Cloud
    api: Api

    def sql(self, *statements: tuple[str, Sequence[Sequence[Any]]]) -> list[list[Any]]:
        """Run statements on its database; returns the rows of the last one."""
        command = [installation() / "bin/python", "-c", SQL, self.cloud.database.socket]
        done = subprocess.run(
            command, input=json.dumps(statements), capture_output=True, text=True, check=True
        )
        rows: list[list[Any]] = json.loads(done.stdout)
        return rows

    def reserve(self, name: str, start: datetime, hours: float = 24) -> httpx.Response:
        """Ask for a lease of one host, as anybody would."""
        host = {
            "resource_type": "physical:host", "min": 1, "max": 1, "before_end": "default",
            "hypervisor_properties": "", "resource_properties": "",
        }  # fmt: skip
        end = start + timedelta(hours=hours)
        dates = {"start_date": f"{start:{MINUTES}}", "end_date": f"{end:{MINUTES}}"}
        body = {"name": name, **dates, "reservations": [host], "events": []}
        return self.api.send("blazar", "POST", "/leases", body)

    def double_booked(self) -> int:
        """Count pairs of leases that have a host and a moment in common."""
        return int(self.sql((OVERLAPS, []))[0][0])

    def cpu_seconds(self) -> float:
        """Return the processor time that Blazar has used so far."""
        stat = Path(f"/proc/{self.cloud.processes['blazar'].pid}/stat").read_text()
        words = stat.rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / 100

    @asynccontextmanager
    async def queries(self, what: str, days: int) -> AsyncIterator[Callable[[], Awaitable[int]]]:
        """Open a way to ask Blazar's database, ``bulk`` or ``per-host``, for so many days."""
        config = self.cloud.layout.file("blazar")
        process = await asyncio.create_subprocess_exec(
            installation() / "bin/python", "-P", "-W", "ignore", QUERIES, config,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

        async def ask() -> int:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{what} {days}\n".encode())
            return int(await process.stdout.readline())

        try:
            await ask()
            yield ask
        finally:
            process.kill()
            await process.wait()


@contextmanager
def real_blazar(hosts: int = 100, leases: int = 0) -> Iterator[BlazarUnderTest]:
    """Start one with so many hosts and so many leases to come; they are written as Blazar does.

    The hosts are in its database only: no lease of them starts, which is not measured here.
    """
    with Cloud.started(["keystone", "placement", "glance", "nova", "blazar"], computes=1) as cloud:
        blazar = BlazarUnderTest(cloud, cloud.api())
        blazar.sql(*_hosts(hosts), *_leases(hosts, leases))
        yield blazar


def _hosts(number: int) -> Iterator[tuple[str, list[list[Any]]]]:
    columns = (
        "vcpus, cpu_info, hypervisor_type, hypervisor_version, memory_mb, local_gb, "
        "availability_zone, trust_id, reservable"
    )
    copied = (
        f"INSERT INTO computehosts (id, hypervisor_hostname, service_name, {columns}) "  # noqa: S608
        f"SELECT %s, %s, %s, {columns} FROM computehosts WHERE id = '1'"
    )
    yield (
        copied,
        [[f"h{one}", f"host-{one}", f"host-{one}"] for one in range(1, number)],
    )


def _leases(hosts: int, number: int) -> Iterator[tuple[str, list[list[Any]]]]:
    """Spread leases of a day each over hosts and days, none on another."""
    if not number:
        return
    first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    rows = [
        (f"l{one}", "1" if one % hosts == 0 else f"h{one % hosts}",
         first + timedelta(days=2 + (one // hosts) * 3))
        for one in range(number)
    ]  # fmt: skip
    yield (
        (
            "INSERT INTO leases (id, name, start_date, end_date, status, degraded) "
            "VALUES (%s, %s, %s, %s, 'PENDING', 0)"
        ),
        [[key, key, str(day), str(day + timedelta(days=1))] for key, _, day in rows],
    )
    yield (
        (
            "INSERT INTO reservations (id, lease_id, resource_type, status, missing_resources, "
            "resources_changed) VALUES (%s, %s, 'physical:host', 'pending', 0, 0)"
        ),
        [[key, key] for key, _, _ in rows],
    )
    yield (
        (
            "INSERT INTO computehost_allocations (id, compute_host_id, reservation_id) "
            "VALUES (%s, %s, %s)"
        ),
        [[key, host, key] for key, host, _ in rows],
    )


@asynccontextmanager
async def _peer(what: str, leases: int) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    with real_blazar(leases=leases) as blazar:
        async with blazar.queries(what, 31) as ask:
            yield ask


def bulk(leases: int) -> Any:
    """Blazar's query for all hosts at once: ``--with benchmarks.real_blazar:bulk``."""
    return _peer("bulk", leases)


def per_host(leases: int) -> Any:
    """Blazar's question for each host, beside ours."""
    return _peer("per-host", leases)
