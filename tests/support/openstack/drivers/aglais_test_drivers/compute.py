"""Nova's own fake hypervisor, as large as a host, and the same one at each start."""

from __future__ import annotations

import uuid
from typing import Any

from nova.virt import fake


class TestDriver(fake.FakeDriver):
    """A host with 64 cores and 256 GiB."""

    vcpus = 64
    memory_mb = 256 * 1024
    local_gb = 4000

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        """Report a node that has the same id whenever it is started."""
        return {**super().get_available_resource(nodename), "uuid": _identity(nodename)}

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        """Name the nodes by that id."""
        return {_identity(name): name for name in self.get_available_nodes()}


def _identity(nodename: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, nodename))
