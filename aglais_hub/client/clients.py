"""All clients of one program, made when they are first used."""

from __future__ import annotations

from functools import cached_property

import httpx

from aglais_hub.client.accounts import AccountsClient
from aglais_hub.client.base import ServiceClient
from aglais_hub.client.booking import BookingClient
from aglais_hub.client.hub import HubClient
from aglais_hub.client.storage import StorageClient

__all__ = ["ServiceClients"]


class ServiceClients:
    """The platform, as a program sees it.

    Parameters
    ----------
    platform_url
        Address of the platform, such as ``http://127.0.0.1:8000/``.
    token
        API token of the Hub.
    hub_api_url
        Where the Hub's API answers, if it is not below `platform_url`.
    transport
        Instead of the network; that of `aglais_hub.client.mock` is one.
    """

    def __init__(
        self,
        platform_url: str,
        token: str,
        *,
        hub_api_url: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.platform_url = platform_url.rstrip("/") + "/"
        self.token = token
        self.transport = transport
        self.hub_api_url = hub_api_url or f"{self.platform_url}hub/api/"

    def _service(self, name: str) -> str:
        return f"{self.platform_url}services/{name}/api/"

    @cached_property
    def accounts(self) -> AccountsClient:
        """Accounts and levels."""
        return AccountsClient(self._service("accounts"), self.token, transport=self.transport)

    @cached_property
    def booking(self) -> BookingClient:
        """Packages, pools, bookings, admissions."""
        return BookingClient(self._service("booking"), self.token, transport=self.transport)

    @cached_property
    def storage(self) -> StorageClient:
        """Spaces."""
        return StorageClient(self._service("storage"), self.token, transport=self.transport)

    @cached_property
    def hub(self) -> HubClient:
        """Users and servers of the Hub."""
        return HubClient(self.hub_api_url, self.token, transport=self.transport)

    async def close(self) -> None:
        """Close those that were used."""
        for made in list(vars(self).values()):
            if isinstance(made, ServiceClient):
                await made.close()
