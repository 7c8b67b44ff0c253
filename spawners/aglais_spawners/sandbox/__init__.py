"""A sandbox for each session: two users of its own, its own processes, files and network."""

from aglais_spawners.sandbox.cgroups import Cgroups, GroupUsage, detect
from aglais_spawners.sandbox.errors import (
    BubblewrapMissingError,
    CgroupBusyError,
    CgroupRefusedError,
    NotRootError,
    RemovalError,
    SandboxError,
    SandboxExistsError,
    SandboxStartError,
    SpecError,
    StopError,
)
from aglais_spawners.sandbox.gateway import HubGateway
from aglais_spawners.sandbox.host import LOST, SandboxHost
from aglais_spawners.sandbox.layout import Layout
from aglais_spawners.sandbox.plan import LAUNCHER_SOCKET
from aglais_spawners.sandbox.record import SandboxRecord
from aglais_spawners.sandbox.relays import HUB_DIRECTORY, hub_bind, inbound, outbound
from aglais_spawners.sandbox.removal import remove_directory
from aglais_spawners.sandbox.spec import Bind, Command, Launcher, Limits, Role, SandboxSpec

__all__ = [
    "HUB_DIRECTORY",
    "LAUNCHER_SOCKET",
    "LOST",
    "Bind",
    "BubblewrapMissingError",
    "CgroupBusyError",
    "CgroupRefusedError",
    "Cgroups",
    "Command",
    "GroupUsage",
    "HubGateway",
    "Launcher",
    "Layout",
    "Limits",
    "NotRootError",
    "RemovalError",
    "Role",
    "SandboxError",
    "SandboxExistsError",
    "SandboxHost",
    "SandboxRecord",
    "SandboxSpec",
    "SandboxStartError",
    "SpecError",
    "StopError",
    "detect",
    "hub_bind",
    "inbound",
    "outbound",
    "remove_directory",
]
