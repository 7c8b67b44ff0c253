"""Nova in one process: API, conductor, scheduler and some computes: ``nova.py PORT COMPUTES``."""

import sys

from nova import monkey_patch

monkey_patch.patch(backend="threading")

import nova.virt.fake  # noqa: E402
import os_vif  # noqa: E402
import waitress  # noqa: E402
from aglais_test_drivers.compute import TestDriver  # noqa: E402
from nova import objects, service  # noqa: E402
from nova.compute import rpcapi as compute  # noqa: E402
from nova.conductor import rpcapi as conductor  # noqa: E402
from nova.scheduler import rpcapi as scheduler  # noqa: E402

port, computes = int(sys.argv[1]), int(sys.argv[2])
del sys.argv[1:]
nova.virt.fake.TestDriver = TestDriver  # Nova loads drivers from below nova.virt only
from nova.wsgi.osapi_compute import application  # noqa: E402

objects.register_all()
os_vif.initialize()
running = [
    service.Service.create(binary="nova-conductor", topic=conductor.RPC_TOPIC),
    service.Service.create(binary="nova-scheduler", topic=scheduler.RPC_TOPIC),
]
for one in running:
    one.start()
for number in range(1, computes + 1):
    one = service.Service.create(
        host=f"compute-{number}",
        binary="nova-compute",
        topic=compute.RPC_TOPIC,
        topic_alt=compute.RPC_TOPIC_ALT,
    )
    one.start()
    running.append(one)
waitress.serve(application, host="127.0.0.1", port=port, threads=8)
