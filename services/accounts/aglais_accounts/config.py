"""Configuration of the accounts service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from aglais_hub.config import ServiceConfig

__all__ = ["AccountsConfig"]


class AccountsConfig(ServiceConfig):
    """How many guests there may be, and how long they may take to begin."""

    service: ClassVar[str] = "accounts"

    guest_limit: int = Field(default=20, ge=0, description="Guests at once")
    guests_per_minute: int = Field(
        default=10, ge=1, description="New guests from one network address in a minute"
    )
    guest_settle_seconds: int = Field(
        default=300, ge=1, description="How long a guest may be without a session, seconds"
    )
