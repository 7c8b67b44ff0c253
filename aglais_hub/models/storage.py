"""Spaces: storage of an account, with quotas."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from pydantic import Field, PositiveInt

from aglais_hub.models import AccountName, Bytes, Count, Model, Moment

__all__ = ["Space", "SpaceEdit", "SpaceKind", "SpaceRequest", "SpaceState", "SpaceUsage"]


class SpaceKind(StrEnum):
    """What a space is for."""

    TEMP = "temp"
    USER = "user"
    NOTEBOOKS = "notebooks"
    """The account's notes; written by the notebook server only, never by notebook code."""


class SpaceState(StrEnum):
    """Where a space is in its life."""

    PREPARING = "preparing"
    READY = "ready"
    ERASING = "erasing"


class SpaceEdit(Model):
    """What may be changed on a space."""

    quota_bytes: Bytes = Field(
        gt=0, title="Quota", description="Size of all that may be in it, such as 1 GiB"
    )
    quota_files: Count = Field(
        gt=0, title="Quota of files", description="Files and directories that may be in it"
    )


class SpaceRequest(SpaceEdit):
    """Ask for a space; the same account and kind again is the same space."""

    account: AccountName
    kind: SpaceKind


class SpaceUsage(Model):
    """What is in a space, counted as its quota counts."""

    bytes: Bytes
    files: Count


class Space(SpaceRequest):
    """Storage of an account."""

    observed: ClassVar[frozenset[str]] = frozenset({"usage", "is_over_quota"})

    id: str
    state: SpaceState
    owner_uid: PositiveInt = Field(title="Owner", description="POSIX user that owns the files")
    path: Path | None = Field(description="Where it is mounted on the storage's machine")
    enforcement: str = Field(description="What holds the quota: 'filesystem' or 'measured'")
    created_at: Moment
    usage: SpaceUsage | None = None
    is_over_quota: bool = Field(
        default=False,
        title="Over quota",
        description="More is in it than the quota allows; only where it is measured",
    )
