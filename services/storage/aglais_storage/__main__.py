"""Run the storage service: ``python -m aglais_storage``."""

from aglais_hub.web.serve import run_service
from aglais_storage import service

run_service(service)
