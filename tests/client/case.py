"""What a case is: a call to one method of a client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aglais_hub.client import ServiceClients

__all__ = ["Act", "Case", "Notes"]

Notes = dict[str, Any]
"""What cases leave for later ones; ``code_to`` returns the code in the last mail to an address."""

Act = Callable[[ServiceClients, Notes], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """A call; `method` is that of the client that it is a case of."""

    method: str
    says: str
    act: Act
    who: str = "program"
