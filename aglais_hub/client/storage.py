"""Client of the storage service."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import BinaryIO

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

    def archive(self, identifier: str, *, goes_on: bool = False) -> AsyncGenerator[bytes, None]:
        """Yield all that is in a space as a tar file, in pieces.

        With `goes_on` its end marks are left off, so that more can follow in the same file.
        """
        return self.stream(f"spaces/{identifier}/archive", query={"goes_on": int(goes_on)})

    async def save_archive(self, identifier: str, file: BinaryIO) -> int:
        """Write all that is in a space into a tar file; return the file's size."""
        return await self.save(f"spaces/{identifier}/archive", file)

    async def erase(self, identifier: str) -> None:
        """Erase a space with all that is in it; gone when this returns."""
        await self.request("POST", f"spaces/{identifier}/erase")
