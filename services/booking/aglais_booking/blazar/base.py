"""What leases are, what can be done with them, and what can go wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from aglais_hub.errors import Conflict, Unavailable

__all__ = [
    "BlazarAwayError",
    "Lease",
    "LeaseRefusedError",
    "NoBlazarError",
    "Reservations",
    "WantedLease",
]


class BlazarAwayError(Unavailable):
    """Blazar did not answer, or could not do it now; whether it was done is not known."""

    code = "blazar-away"


class NoBlazarError(BlazarAwayError):
    """The cloud has no reservation service."""

    code = "no-blazar"


class LeaseRefusedError(Conflict):
    """Blazar understood, and said no."""

    code = "lease-refused"


@dataclass(frozen=True)
class Lease:
    """A lease that there is at Blazar."""

    id: str
    name: str
    project: str
    starts_at: datetime
    ends_at: datetime
    status: str
    made_at: datetime

    @property
    def is_over(self) -> bool:
        """Whether nothing can be changed on it any more."""
        return self.status in {"TERMINATED", "ERROR"}


@dataclass(frozen=True)
class WantedLease:
    """A lease that is to be made.

    Parameters
    ----------
    name
        By which it is found again when nobody heard whether it was made.
    starts_at, ends_at
        Whole minutes; a start that is past means now.
    units
        How many hosts, or servers of the flavor.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    units: int


class Reservations(ABC):
    """The leases of one project of one cloud.

    Each method raises `Unavailable` when Blazar does not answer in time; the request may have been
    done all the same.
    """

    @abstractmethod
    async def is_offered(self) -> bool:
        """Tell whether the cloud has a reservation service."""

    @abstractmethod
    async def project(self) -> str:
        """Return the id of the project that the leases are made in."""

    @abstractmethod
    async def sees_all(self) -> bool:
        """Tell whether `leases` returns those of other projects too."""

    def can_change(self, lease: Lease) -> bool:
        """Tell whether a lease can be given other times, rather than be made anew."""
        return not lease.is_over

    @abstractmethod
    async def leases(self) -> list[Lease]:
        """Return all leases."""

    @abstractmethod
    async def create(self, wanted: WantedLease) -> Lease:
        """Make a lease.

        Raises
        ------
        LeaseRefusedError
            With Blazar's own reason.
        """

    @abstractmethod
    async def change(self, lease: str, starts_at: datetime | None, ends_at: datetime) -> None:
        """Give a lease other times; `starts_at` is None when it stays as it is.

        Raises
        ------
        LeaseRefusedError
            With Blazar's own reason; the lease stays as it was.
        """

    @abstractmethod
    async def delete(self, lease: str) -> None:
        """End a lease, whether it has started or not; one that is not there is no error."""

    @abstractmethod
    async def flavor_size(self, flavor: str) -> tuple[float, int]:
        """Return cores and bytes of memory of a flavor."""
