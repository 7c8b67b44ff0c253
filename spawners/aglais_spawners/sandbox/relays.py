"""Commands that join a sandbox's loopback with Unix sockets in directories bound into it."""

from __future__ import annotations

from pathlib import Path

from aglais_spawners.sandbox.inside import relay
from aglais_spawners.sandbox.spec import Bind, Command, Role

__all__ = ["HUB_DIRECTORY", "hub_bind", "inbound", "outbound"]

HUB_DIRECTORY = "/run/hub"
"""Where a sandbox sees the directory of the hub's gateway."""

_MOST_CONNECTIONS = 64


def hub_bind(gateway: Path) -> Bind:
    """Return the read-only bind that shows ``gateway`` (the socket's path) to a sandbox.

    The directory is bound, so it must hold nothing but the socket.
    """
    return Bind(gateway.parent, HUB_DIRECTORY)


def inbound(
    socket: str, *, port: int = 8080, most: int = _MOST_CONNECTIONS * 4, group: str = "front"
) -> Command:
    """Return the relay from a Unix socket, which the host reaches, to a server's port."""
    return Command(
        name="inbound",
        argv=(
            "/usr/bin/socat",
            f"UNIX-LISTEN:{socket},fork,unlink-early,mode=600,backlog=128,max-children={most}",
            f"TCP:127.0.0.1:{port}",
        ),
        who=Role.SERVER,
        group=group,
        restart=True,
    )


def outbound(
    socket: str, *, port: int = 8081, most: int = _MOST_CONNECTIONS, group: str = "front"
) -> Command:
    """Return the relay from a loopback port of the sandbox to the hub's gateway.

    The init holds the port: if the relay dies, no notebook can take its place and be handed the
    server's secrets.
    """
    return Command(
        name="outbound",
        argv=(
            *("/usr/bin/python3", "-I", "-c", Path(relay.__file__).read_text("utf-8")),
            *("{listen}", socket, str(most)),
        ),
        who=Role.SERVER,
        group=group,
        restart=True,
        listen_port=port,
    )
