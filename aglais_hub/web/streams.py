"""Answers that are sent while they are made, as fast as they are read."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from aglais_hub.errors import AglaisError
from aglais_hub.streams import Download

__all__ = ["send"]

log = logging.getLogger(__name__)


async def send(handler: RequestHandler, media: str, download: Download) -> None:
    """Send a download.

    What goes wrong before the first piece is answered as always. Afterwards nothing can be
    said any more: the connection is cut, so that nobody takes a part for the whole.
    """
    async with aclosing(download.pieces) as pieces:
        first = await anext(pieces, b"")
        handler.set_header("Content-Type", media)
        handler.set_header(
            "Content-Disposition", f"attachment; filename*=UTF-8''{quote(download.file_name)}"
        )
        try:
            handler.write(first)
            await handler.flush()
            async for piece in pieces:
                handler.write(piece)
                await handler.flush()
            await handler.finish()
        except StreamClosedError:
            log.info("%s was not read to its end", download.file_name)
            _cut(handler)
        except AglaisError as problem:
            log.warning("%s is cut off: %s", download.file_name, problem.message)
            _cut(handler)
        except Exception:
            log.exception("%s is cut off", download.file_name)
            _cut(handler)


def _cut(handler: RequestHandler) -> None:
    """Close the connection without the end that HTTP gives to a whole answer."""
    connection: Any = handler.request.connection
    connection.close()
    handler._auto_finish = False  # noqa: SLF001 (Tornado would write that end)
