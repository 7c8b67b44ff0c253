"""Which way to keep spaces works on this machine."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from aglais_hub.config import ConfigurationError
from aglais_hub.errors import AglaisError
from aglais_storage.backends.base import Plan, SpaceBackend
from aglais_storage.backends.directory import DirectoryBackend
from aglais_storage.backends.image import ImageBackend
from aglais_storage.config import StorageConfig

__all__ = ["backends_of"]

log = logging.getLogger(__name__)

TRIAL = "space-" + 24 * "0"


def backends_of(
    config: StorageConfig, notice: Callable[[str], None]
) -> tuple[SpaceBackend, dict[str, SpaceBackend]]:
    """Return the backend for new spaces, and all by name: old spaces stay as they were made.

    Raises
    ------
    ConfigurationError
        Spaces as images are asked for where they do not work.
    """
    _prepare(config.root)
    image = ImageBackend(config.root, config.reserve_bytes, notice)
    directory = DirectoryBackend(config.root, config.reserve_bytes, notice)
    named: dict[str, SpaceBackend] = {image.name: image, directory.name: directory}
    if config.backend == "directory":
        return directory, named
    obstacle = _obstacle(image)
    if obstacle is None:
        return image, named
    if config.backend == "image":
        raise ConfigurationError(f"AGLAIS_STORAGE_BACKEND: image does not work here: {obstacle}")
    log.warning("quotas of new spaces will only be measured: %s", obstacle)
    return directory, named


def _prepare(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o700)


def _obstacle(backend: ImageBackend) -> str | None:
    """Say why a small space cannot be made; None if it can."""
    if os.geteuid() != 0:
        return "mounting needs root"
    missing = backend.missing_programs()
    if missing:
        return f"these programs are missing: {', '.join(missing)}"
    identifier = f"{TRIAL[:-8]}{os.getpid():08x}"
    try:
        backend.settle(Plan(identifier, quota_bytes=2**20, quota_files=16, owner_uid=65534))
        backend.erase(identifier)
    except AglaisError as refusal:
        backend.erase(identifier)
        return refusal.message
    return None
