"""How the command line reaches a platform: the one of this machine, or another by its address."""

from __future__ import annotations

import os

from aglais_hub.client import ServiceClients
from aglais_hub.config import ConfigurationError
from aglais_hub.platform.settings import Platform

__all__ = ["clients_of", "reached_clients", "require_home"]


def require_home(platform: Platform) -> None:
    """Refuse where no platform has run yet."""
    if not (platform.run / "cli.secret").exists():
        raise ConfigurationError(
            f"No platform has run in {platform.home}: start one with `make run`."
        )


def clients_of(platform: Platform) -> ServiceClients:
    """Return clients of this machine's platform, which may do everything."""
    require_home(platform)
    return ServiceClients(platform.url, platform.secret("cli"))


def reached_clients() -> ServiceClients:
    """Return clients of the platform that is meant: ``AGLAIS_URL``, or this machine's.

    ``AGLAIS_TOKEN`` says who asks; of this machine's platform it is the operator otherwise.
    """
    url, token = os.environ.get("AGLAIS_URL"), os.environ.get("AGLAIS_TOKEN")
    if token:
        return ServiceClients(url or Platform.load().url, token)
    if url:
        raise ConfigurationError(
            "AGLAIS_URL needs AGLAIS_TOKEN: make a token on the platform's page Token."
        )
    return clients_of(Platform.load())
