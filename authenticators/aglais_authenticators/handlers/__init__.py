"""The Hub's URLs for coming in and leaving, one door a module."""

from __future__ import annotations

from aglais_authenticators.handlers.base import DoorHandler
from aglais_authenticators.handlers.guest import GuestHandler
from aglais_authenticators.handlers.leave import LeaveHandler
from aglais_authenticators.handlers.login import LoginPage

__all__ = ["ROUTES", "DoorHandler"]

ROUTES: list[tuple[str, type]] = [
    ("/login", LoginPage),
    ("/login/guest", GuestHandler),
    ("/logout", LeaveHandler),
]
