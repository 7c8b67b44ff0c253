"""Run the accounts service: ``python -m aglais_accounts``; or ``... rotate-keys``, and end."""

import asyncio
import sys

from aglais_accounts import service
from aglais_accounts.config import AccountsConfig
from aglais_accounts.rotation import renew
from aglais_hub.config import ConfigurationError
from aglais_hub.errors import OperatorError
from aglais_hub.web.serve import run_service

if sys.argv[1:] == ["rotate-keys"]:
    try:
        sys.stdout.write(asyncio.run(renew(AccountsConfig.load())) + "\n")
    except OperatorError as failed:
        raise ConfigurationError(str(failed)) from None
else:
    run_service(service)
