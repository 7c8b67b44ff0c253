"""Run the booking service: ``python -m aglais_booking``."""

from aglais_booking import service
from aglais_hub.web.serve import run_service

run_service(service)
