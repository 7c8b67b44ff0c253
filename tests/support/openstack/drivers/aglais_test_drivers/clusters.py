"""A driver of Magnum whose clusters are done at the next look; Magnum ships none of its own."""

from __future__ import annotations

import uuid
from typing import Any

from magnum.drivers.common import driver
from magnum.objects import fields

DONE = {
    fields.ClusterStatus.CREATE_IN_PROGRESS: fields.ClusterStatus.CREATE_COMPLETE,
    fields.ClusterStatus.UPDATE_IN_PROGRESS: fields.ClusterStatus.UPDATE_COMPLETE,
    fields.ClusterStatus.DELETE_IN_PROGRESS: fields.ClusterStatus.DELETE_COMPLETE,
}


class TestDriver(driver.Driver):
    """Clusters without machines."""

    @property
    def provides(self) -> list[dict[str, str]]:
        """Say which templates it is for."""
        return [{"server_type": "vm", "os": "fedora-coreos", "coe": "kubernetes"}]

    def update_cluster_status(self, context: Any, cluster: Any) -> None:
        """Finish what is under way."""
        status = DONE.get(cluster.status)
        if status is None:
            return
        for group in cluster.nodegroups:
            group.status = status
            group.save()
        cluster.status = status
        cluster.api_address = "https://127.0.0.1:6443"
        cluster.health_status = fields.ClusterHealthStatus.HEALTHY
        cluster.save()

    def create_cluster(self, context: Any, cluster: Any, cluster_create_timeout: Any) -> None:
        """Begin a cluster."""
        cluster.stack_id = str(uuid.uuid4())
        for group in cluster.nodegroups:
            group.stack_id = cluster.stack_id
            group.status = fields.ClusterStatus.CREATE_IN_PROGRESS
            group.save()

    def update_cluster(self, *_args: Any, **_named: Any) -> None:
        """Nothing is to be done."""

    resize_cluster = upgrade_cluster = delete_cluster = update_cluster
    create_federation = update_federation = delete_federation = update_cluster
    create_nodegroup = update_nodegroup = delete_nodegroup = update_cluster
    rotate_credential = update_cluster

    def validate_master_resize(self, node_count: int) -> None:
        """Any number will do."""
