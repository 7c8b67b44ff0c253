"""Run the accounts service: ``python -m aglais_accounts``."""

from aglais_accounts import service
from aglais_hub.web.serve import run_service

run_service(service)
