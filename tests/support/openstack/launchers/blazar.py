"""Blazar in one process: API and manager: ``blazar.py PORT``."""

import gettext
import sys

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)
gettext.install("blazar")

import waitress  # noqa: E402

port = int(sys.argv[1])
del sys.argv[1:]
from blazar.manager import service  # noqa: E402
from blazar.notification import notifier  # noqa: E402
from blazar.wsgi.api import application  # noqa: E402

notifier.init()
manager = service.ManagerService()
manager.start()
waitress.serve(application, host="127.0.0.1", port=port, threads=16)
