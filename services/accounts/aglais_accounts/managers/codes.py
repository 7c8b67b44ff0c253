"""What holds for all secrets that work once."""

from __future__ import annotations

from datetime import timedelta

from aglais_accounts.managers.brakes import Brake, network
from aglais_hub.errors import NotFound

__all__ = ["CodeUnusableError", "code_brake"]

TRIES = 30
"""Wrong codes from one network address in `PERIOD`; many people may share it."""

PERIOD = timedelta(minutes=10)


class CodeUnusableError(NotFound):
    """The code was used, is too old, was meant for something else, or never was one."""

    code = "code-unusable"

    def __init__(self, what_to_do: str = "Please ask for a new one.") -> None:
        super().__init__(f"This link or code was used already, or is too old. {what_to_do}")


def code_brake(came_from: str) -> Brake:
    """Return the brake on wrong codes from a network address; check first, press on failure."""
    return Brake(
        f"code:{network(came_from)}",
        TRIES,
        PERIOD,
        "Too many codes from your network address did not work just now.",
    )
