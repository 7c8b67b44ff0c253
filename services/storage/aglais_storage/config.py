"""Configuration of the storage service."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from aglais_hub.config import ServiceConfig

__all__ = ["StorageConfig"]

MIB = 2**20


class StorageConfig(ServiceConfig):
    """Where spaces are on this machine, and who owns them."""

    service: ClassVar[str] = "storage"

    root: Path = Field(description="Directory that holds all spaces; of this service alone")
    backend: Literal["auto", "image", "directory"] = Field(
        default="auto",
        description="How new spaces are made: 'image', a file system each, whose quota cannot be "
        "passed (needs root and loop devices); 'directory', whose quota is only measured; "
        "'auto', the first where it works",
    )
    uid_base: int = Field(
        default=2_000_000,
        ge=1000,
        lt=2**31,
        description="First POSIX user id that is given to accounts, two each; nobody else's",
    )
    reserve_bytes: int = Field(
        default=256 * MIB, ge=0, description="Least free bytes that new spaces leave on the disk"
    )
    settle_seconds: float = Field(
        default=20,
        ge=0,
        description="Age at which a space that is half made or half erased is taken as left "
        "behind by a process that is gone, seconds",
    )
    stray_seconds: float = Field(
        default=60,
        ge=0,
        description="Age at which what no space is known for is removed from the root, seconds",
    )
