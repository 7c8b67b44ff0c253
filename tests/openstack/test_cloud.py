"""The OpenStack that tests use is a real one, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.openstack import Cloud

pytestmark = pytest.mark.openstack

ROOT = Path(__file__).parents[2]


def lease(name: str, start: str = "now") -> dict[str, object]:
    ends = datetime.now(UTC) + timedelta(hours=30)
    host = {
        "resource_type": "physical:host", "min": 1, "max": 1,
        "hypervisor_properties": "", "resource_properties": "", "before_end": "default",
    }  # fmt: skip
    dates = {"start_date": start, "end_date": f"{ends:%Y-%m-%d %H:%M}"}
    return {"name": name, **dates, "reservations": [host], "events": []}


def test_the_catalog_names_services_that_answer(openstack: Cloud) -> None:
    api = openstack.api()
    _, token = openstack.login.token()
    named = {entry["type"] for entry in token["catalog"]}
    assert {"identity", "compute", "placement", "image", "reservation", "container-infra"} <= named
    assert len(api("nova", "GET", "/os-hypervisors")["hypervisors"]) == openstack.computes
    assert len(api("blazar", "GET", "/os-hosts")["hosts"]) == openstack.computes
    assert api("magnum", "GET", "/clusters")["clusters"] == []
    assert api("glance", "GET", "/v2/images")["images"] == []


def test_a_lease_of_a_host_starts(openstack: Cloud) -> None:
    member = openstack.api(openstack.api().member("a-project", "a-member"))
    made = member("blazar", "POST", "/leases", lease("mine"))["lease"]
    end = time.monotonic() + 60
    state = ""
    while state != "ACTIVE" and time.monotonic() < end:
        state = member("blazar", "GET", f"/leases/{made['id']}")["lease"]["status"]
        time.sleep(0.5)
    assert state == "ACTIVE"
    member("blazar", "DELETE", f"/leases/{made['id']}")
    assert member("blazar", "GET", "/leases")["leases"] == []


def test_a_service_that_is_killed_comes_back_with_what_it_knew(openstack: Cloud) -> None:
    api = openstack.api()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    made = api("blazar", "POST", "/leases", lease("kept", f"{tomorrow:%Y-%m-%d %H:%M}"))["lease"]
    openstack.restart("blazar")
    assert api("blazar", "GET", f"/leases/{made['id']}")["lease"]["name"] == "kept"
    api("blazar", "DELETE", f"/leases/{made['id']}")


HOLDS = """
import time
from tests.support.openstack import Cloud
with Cloud.started(["keystone"]) as cloud:
    print(cloud.layout.folder)
    print(cloud.database.process.pid, *(one.pid for one in cloud.processes.values()), flush=True)
    time.sleep(600)
"""


def test_nothing_runs_on_when_the_test_run_is_killed() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    folder = holder.stdout.readline().strip()
    pids = [int(word) for word in holder.stdout.readline().split()]
    assert len(pids) == 2
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    end = time.monotonic() + 30
    while any(map(runs, pids)) and time.monotonic() < end:
        time.sleep(0.1)
    shutil.rmtree(folder)
    assert not any(map(runs, pids))


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
