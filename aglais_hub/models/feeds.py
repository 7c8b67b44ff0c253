"""Calendar feeds: an account's bookings at a secret address, for its calendar program."""

from __future__ import annotations

from pydantic import Field

from aglais_hub.models import AccountName, Model, Moment

__all__ = ["Feed", "NewFeed"]


class Feed(Model):
    """That an account has a feed; its address is told only when it is made."""

    account: AccountName
    created_at: Moment


class NewFeed(Feed):
    """A feed that was made just now."""

    url: str = Field(
        description="Whoever knows it sees the bookings; it is told now and never again"
    )
