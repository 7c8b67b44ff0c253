"""Clients of the platform's services, typed; programs use them, and the services themselves."""

from aglais_hub.client.accounts import AccountsClient
from aglais_hub.client.base import ServiceClient
from aglais_hub.client.booking import BookingClient
from aglais_hub.client.clients import ServiceClients
from aglais_hub.client.hub import HubClient, active_servers
from aglais_hub.client.storage import StorageClient

__all__ = [
    "AccountsClient",
    "BookingClient",
    "HubClient",
    "ServiceClient",
    "ServiceClients",
    "StorageClient",
    "active_servers",
]
