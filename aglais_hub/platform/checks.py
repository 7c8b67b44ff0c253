"""What must hold before the platform starts; each failure is one line that says what to do."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path
from typing import IO, TYPE_CHECKING

from aglais_hub.config import ConfigurationError, unknown_setting
from aglais_hub.platform.providers import provider_titles
from aglais_hub.platform.settings import SETTINGS, Platform

if TYPE_CHECKING:
    from aglais_hub.service import Service

__all__ = [
    "check_disk",
    "check_port",
    "check_root",
    "check_settings",
    "check_tools",
    "free_ports",
    "hold_home",
]

LEAST_FREE_BYTES = 3 * 2**30
"""Zeppelin, Spark and a few spaces."""


def check_root() -> None:
    """Refuse to start as an ordinary user."""
    if os.geteuid() != 0:
        raise ConfigurationError(
            "Sessions run as users of their own, which needs root: use `make run`, or sudo."
        )


def check_tools(names: Sequence[str]) -> None:
    """Refuse to start without programs that everything needs."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise ConfigurationError(
            f"Missing: {', '.join(missing)}. `make run` installs them where it can."
        )


def check_settings(platform: Platform) -> None:
    """Refuse settings that nobody reads, and values that a service would refuse.

    A service that cannot read its settings would be started again and again, in a log that
    nobody looks at.
    """
    services = {f"AGLAIS_{entry.name.upper()}_": entry for entry in _services()}
    ours = sorted(key for key in os.environ if key.startswith("AGLAIS_"))
    for key in ours:
        if key not in SETTINGS and not key.startswith(tuple(services)):
            raise ConfigurationError(unknown_setting(key, SETTINGS))
    provider_titles(platform.providers)
    for prefix, entry in services.items():
        # Only where something is set: to import a service takes time and memory.
        if any(key.startswith(prefix) for key in ours):
            _check_service(entry.load(), platform)


def _services() -> EntryPoints:
    return entry_points(group="aglais.services")


def _check_service(service: Service, platform: Platform) -> None:
    from aglais_hub.hub import service_environment

    # What a service keeps in the platform's home is not made before anything has started.
    with tempfile.TemporaryDirectory() as folder:
        service.config.load(service_environment(service, replace(platform, home=Path(folder))))


def check_port(port: int) -> None:
    """Refuse a port that somebody else has."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as taken:
            raise ConfigurationError(
                f"Port {port} is in use. End what uses it, or choose another: AGLAIS_PORT=8010"
            ) from taken


def check_disk(folders: Sequence[Path]) -> None:
    """Refuse to start on a disk that is nearly full."""
    for folder in folders:
        free = shutil.disk_usage(_existing(folder)).free
        if free < LEAST_FREE_BYTES:
            raise ConfigurationError(
                f"{folder} has {free / 2**30:.1f} GiB free; at least "
                f"{LEAST_FREE_BYTES / 2**30:.0f} GiB are needed."
            )


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def hold_home(platform: Platform) -> IO[str]:
    """Make sure that the platform does not run, and keep it so until the file is closed."""
    file = (platform.run / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigurationError(
            f"The platform in {platform.home} is running already; see `aglais status`."
        ) from None
    return file


def free_ports(names: Sequence[str]) -> dict[str, int]:
    """Return a free loopback port for each name."""
    probes = {name: socket.socket() for name in names}
    for probe in probes.values():
        probe.bind(("127.0.0.1", 0))
    ports = {name: probe.getsockname()[1] for name, probe in probes.items()}
    for probe in probes.values():
        probe.close()
    return ports
