"""Client of the storage service."""

from __future__ import annotations

from aglais_hub.client.base import ServiceClient
from aglais_hub.models.storage import Space, SpaceEdit, SpaceRequest

__all__ = ["StorageClient"]


class StorageClient(ServiceClient):
    """Spaces of accounts."""

    title = "The storage service"

    async def ensure(self, request: SpaceRequest) -> Space:
        """Make a space, or return the one that is there; it is ready when this returns."""
        return await self.post(Space, "spaces", request)

    async def space(self, identifier: str) -> Space:
        """Return a space with what is in it."""
        return await self.get(Space, f"spaces/{identifier}")

    async def spaces(self, account: str | None = None) -> list[Space]:
        """Return spaces, of one account or all."""
        query = {"account": account} if account else {}
        return await self.list(Space, "spaces", **query)

    async def edit(self, identifier: str, edit: SpaceEdit) -> Space:
        """Change the quota of a space."""
        return await self.post(Space, f"spaces/{identifier}", edit)

    async def erase(self, identifier: str) -> None:
        """Erase a space with all that is in it; gone when this returns."""
        await self.request("POST", f"spaces/{identifier}/erase")
