"""Gives spaces away as archives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from aglais_hub.errors import NotFound, Unavailable
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.storage import Space, SpaceState
from aglais_hub.streams import Download
from aglais_storage.backends.archive import END_MARKS, SpaceTar
from aglais_storage.errors import SpaceNotReadyError, telling
from aglais_storage.manager import SpaceManager

__all__ = ["Archiver"]

RETRY_SECONDS = 30


class ArchivesBusyError(Unavailable):
    """As many archives as may be are being read just now."""

    code = "archives-busy"


class Archiver:
    """Reads spaces, which may be in use; it holds no lock for as long as somebody reads slowly.

    Making an archive is one step in a thread for each piece that somebody takes: who reads
    slowly keeps no thread, and no more than one piece in memory.
    """

    def __init__(self, manager: SpaceManager) -> None:
        self.manager = manager

    async def archive(self, actor: Actor, identifier: str, *, goes_on: bool) -> Download:
        """Return a space as a tar file.

        Raises
        ------
        SpaceNotReadyError
            It is being made or erased.
        ArchivesBusyError
            Others are being read.
        """
        space = await self.manager.space(actor, identifier)
        if space.state is not SpaceState.READY:
            raise SpaceNotReadyError(f"The space {identifier} is {space.state}.")
        # After a restart it may have to be mounted first.
        ready = await self.manager.finish(identifier)
        if ready is None:
            raise NotFound(f"There is no space {identifier}.")
        return Download(f"{space.account}-{space.kind}.tar", self._pieces(ready, goes_on=goes_on))

    async def _pieces(self, space: Space, *, goes_on: bool) -> AsyncGenerator[bytes, None]:
        if self.manager.archives.locked():
            raise ArchivesBusyError(
                "Many archives are being read just now. Please try again in a minute.",
                retry_after=RETRY_SECONDS,
            )
        async with self.manager.archives:
            assert space.path is not None  # noqa: S101 (it is ready)
            about = {"space": space.id, "account": space.account, "kind": space.kind}
            tar = SpaceTar(space.path, f"spaces/{space.kind}", about | _now())
            pieces = iter(tar)
            try:
                while (piece := await self.manager.in_thread(_next, pieces)) is not None:
                    yield piece
            finally:
                await self.manager.in_thread(pieces.close)  # type: ignore[attr-defined]
            await self._require_whole(space)
            yield tar.last_member() + (b"" if goes_on else END_MARKS)

    async def _require_whole(self, space: Space) -> None:
        """Refuse to end well what was erased while it was read: files were missing by then."""
        async with self.manager.reading() as stores:
            record = await stores.spaces.get(space.id)
        if record is None or record.space.state is not SpaceState.READY:
            raise SpaceNotReadyError(f"The space {space.id} was erased while it was read.")


def _next(tar: Iterator[bytes]) -> bytes | None:
    with telling("The space cannot be read"):
        return next(tar, None)


def _now() -> dict[str, str]:
    return {"at": utcnow().isoformat()}
