"""What a source of capacity is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from aglais_hub.errors import Unavailable
from aglais_hub.models.booking import Machines, Pool

__all__ = ["CapacitySource", "Reading", "UnreadableError"]


class UnreadableError(Unavailable):
    """What a pool's machines have cannot be read now; what was read before holds on."""

    code = "capacity-unreadable"


@dataclass(frozen=True)
class Reading:
    """What a source says.

    Parameters
    ----------
    machines
        What there is physically.
    words
        Where that comes from, for who looks at the pool.
    """

    machines: Machines
    words: str


class CapacitySource(ABC):
    """Says what the machines of a pool have."""

    @abstractmethod
    async def read(self, pool: Pool) -> Reading:
        """Return what there is.

        Raises
        ------
        Unavailable
            It cannot be said; the sentence is for operators.
        """
