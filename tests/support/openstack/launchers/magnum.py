"""Magnum in one process: API and conductor: ``magnum.py PORT CONFIG``."""

import sys

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

import magnum.conf  # noqa: E402
import waitress  # noqa: E402
from magnum.api import app  # noqa: E402
from magnum.common import rpc_service, service, short_id  # noqa: E402
from magnum.conductor.handlers import (  # noqa: E402
    ca_conductor,
    cluster_conductor,
    conductor_listener,
    credential_conductor,
    federation_conductor,
    indirection_api,
    nodegroup_conductor,
)

port, config = int(sys.argv[1]), sys.argv[2]
service.prepare_service(["magnum", "--config-file", config])
handlers = [
    indirection_api.Handler(),
    cluster_conductor.Handler(),
    conductor_listener.Handler(),
    credential_conductor.Handler(),
    ca_conductor.Handler(),
    federation_conductor.Handler(),
    nodegroup_conductor.Handler(),
]
conductor = rpc_service.Service.create(
    magnum.conf.CONF.conductor.topic, short_id.generate_id(), handlers, binary="magnum-conductor"
)
conductor.create_periodic_tasks()
conductor.start()
waitress.serve(app.load_app(), host="127.0.0.1", port=port, threads=8)
