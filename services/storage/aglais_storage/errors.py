"""What can go wrong with spaces besides what can go wrong anywhere."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from aglais_hub.errors import Conflict, Unavailable

__all__ = [
    "QuotaBelowUsageError",
    "SpaceBusyError",
    "SpaceLostError",
    "SpaceNotReadyError",
    "StorageFullError",
    "telling",
]

FULL = {errno.ENOSPC, errno.EDQUOT}
FULL_RETRY_SECONDS = 60


class StorageFullError(Unavailable):
    """The disk has no room for another space."""

    code = "storage-full"

    def __init__(self) -> None:
        super().__init__(
            "The storage has no room for this space now. Please try again later, "
            "or ask an operator for room.",
            retry_after=FULL_RETRY_SECONDS,
        )


class SpaceBusyError(Unavailable):
    """Somebody else works on the space, or in it."""

    code = "space-busy"


class SpaceLostError(Unavailable):
    """What is on the disk is not what it must be."""

    code = "space-lost"


class SpaceNotReadyError(Conflict):
    """The space is being made or erased."""

    code = "space-not-ready"


class QuotaBelowUsageError(Conflict):
    """There is more in the space than the new quota allows."""

    code = "quota-below-usage"


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Turn what the system answers with into an error of ours; `what` begins its sentence.

    Raises
    ------
    StorageFullError
        The disk is full.
    Unavailable
        Anything else that the system refused, with its own words.
    """
    try:
        yield
    except OSError as failure:
        if failure.errno in FULL:
            raise StorageFullError from failure
        raise Unavailable(f"{what}: {failure.strerror or failure}.", retry_after=30) from failure
    except subprocess.CalledProcessError as failure:
        words = str(failure.stderr or failure.stdout or "").strip()
        if "No space left" in words:
            raise StorageFullError from failure
        raise Unavailable(f"{what}: {words or failure}", retry_after=30) from failure
    except subprocess.TimeoutExpired as failure:
        raise Unavailable(f"{what}: {failure.cmd[0]} takes too long.", retry_after=60) from failure
