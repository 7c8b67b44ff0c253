"""Ends sessions that the Hub does not know: after a crash, a power cut, a Hub killed half way."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from aglais_hub.client import HubClient
from aglais_spawners.embedded.names import longest_name, session_name, sessions_folder
from aglais_spawners.embedded.sockets import check_length, socket_of
from aglais_spawners.sandbox import SandboxHost

__all__ = ["check_home", "sweep_all", "sweep_unknown"]

log = logging.getLogger(__name__)

SETTLED_SECONDS = 30
"""A session that is younger may be one that the Hub has begun and not yet written down."""


def check_home(home: Path) -> None:
    """Refuse a home in which the sockets of a session could not be.

    Raises
    ------
    SocketTooLongError
        It says what to shorten.
    """
    check_length(socket_of(sessions_folder(home) / longest_name()))


async def sweep_all(home: Path) -> None:
    """End everything of an earlier run; called while no Hub runs."""
    gone = await SandboxHost().sweep(sessions_folder(home), keep=set())
    if gone:
        log.warning("ended what an earlier run left: %s", ", ".join(sorted(gone)))


async def sweep_unknown(home: Path, hub: HubClient) -> None:
    """End what the Hub does not know; called now and then while it runs."""
    root = sessions_folder(home)
    young = {folder.name for folder in root.glob("*") if _age(folder) < SETTLED_SECONDS}
    known = {
        session_name(user["name"], server)
        for user in await hub.users()
        for server in user.get("servers") or {}
    }
    gone = await SandboxHost().sweep(root, keep=young | known)
    if gone:
        log.warning("ended sessions that the Hub does not know: %s", ", ".join(sorted(gone)))


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_ctime
    except FileNotFoundError:
        return 0.0
