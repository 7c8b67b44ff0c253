"""Rules of pools and of the allocations that they are given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aglais_booking.refusals import (
    EmbeddedPoolError,
    EmptyCapacityError,
    EndBeforeStartError,
    MachinesAreReadError,
    PoolInUseError,
)
from aglais_hub.models.booking import Pool, PoolEdit, PoolSource
from aglais_hub.models.capacities import Approval, CapacityEdit, ResourceRequestForm

__all__ = ["check_amounts", "check_delete", "check_edit", "check_times"]

EMBEDDED = "embedded"


def check_edit(before: Pool, edit: PoolEdit) -> None:
    """Refuse to enter by hand what is read.

    Raises
    ------
    MachinesAreReadError
        It says what to do instead.
    """
    is_read = before.source is not PoolSource.HAND and edit.source is not PoolSource.HAND
    if is_read and edit.resources != before.resources:
        raise MachinesAreReadError(
            f"What the machines of pool {before.name} have is read from OpenStack. Leave it as it "
            "is, or say that it is known by hand."
        )


def check_delete(name: str, referring: Mapping[str, int]) -> None:
    """Refuse to delete a pool that something refers to.

    Raises
    ------
    EmbeddedPoolError, PoolInUseError
        It says what refers to it.
    """
    if name == EMBEDDED:
        raise EmbeddedPoolError("The pool embedded is this machine; it can be edited, not deleted.")
    found = [_counted(what, count) for what, count in referring.items() if count]
    if found:
        raise PoolInUseError(
            f"Pool {name} has {', '.join(found)}, bookings that are over included. Give it no "
            "machines if nothing is to be booked in it any more."
        )


def _counted(what: str, count: int) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def check_times(starts_at: datetime, ends_at: datetime | None) -> None:
    """Refuse a time that would end before it begins.

    Raises
    ------
    EndBeforeStartError
        It says both.
    """
    if ends_at is not None and ends_at <= starts_at:
        raise EndBeforeStartError(
            f"It would end at {_said(ends_at)}, and begin at {_said(starts_at)}; "
            "the end must be after the start."
        )


def _said(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def check_amounts(given: CapacityEdit | Approval | ResourceRequestForm) -> None:
    """Refuse an allocation, or a request, of nothing.

    Raises
    ------
    EmptyCapacityError
        No resource is given.
    """
    if not any((given.cores, given.memory_bytes, given.disk_bytes, given.gpus)):
        raise EmptyCapacityError(
            "Say how much: cores, memory, disk or GPUs; at least one of them more than 0."
        )
