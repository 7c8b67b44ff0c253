"""When an account goes by itself, and what has to happen before: pure rules, without a clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aglais_hub.models.accounts import Account, Level

__all__ = ["End", "Verdict", "decide", "end_of"]


@dataclass(frozen=True)
class End:
    """The moment at which an account goes, and the time that led to it."""

    at: datetime
    span: timedelta
    is_fixed: bool
    """Whether it comes whatever happens; otherwise it moves on when its owner comes back."""


@dataclass(frozen=True)
class Verdict:
    """What is to be done with an account now."""

    warn: bool = False
    leave: bool = False
    is_last: bool = False
    """Whether the last warning was given, and the account only waits for its end."""
    goes_at: datetime | None = None
    """When it goes if nothing happens; none: it is too early to say."""


NOTHING = Verdict()


def end_of(account: Account) -> End | None:
    """Return when an account goes, whichever comes first; None if it stays.

    The idle time of guests is that of their sessions, and none of these.
    """
    ends = []
    if account.expires_at is not None:
        ends.append(End(account.expires_at, account.expires_at - account.created_at, is_fixed=True))
    idle = account.limits.idle_seconds
    if idle is not None and account.level is not Level.ANONYMOUS:
        span = timedelta(seconds=idle)
        here = max(account.created_at, account.last_seen_at or account.created_at)
        ends.append(End(here + span, span, is_fixed=False))
    return min(ends, key=lambda end: end.at, default=None)


def decide(
    end: End, warned_at: datetime | None, now: datetime, leads: Sequence[timedelta]
) -> Verdict:
    """Say whether to warn, or to let go.

    Nobody goes who was not warned at least the shortest of the lead times before, however late
    that makes it. A warning that is due replaces those that were due earlier and not given.

    Parameters
    ----------
    end
        Of the account.
    warned_at
        When its owner was last warned; one that lies ahead was told by a clock that was wrong.
    now
        This moment.
    leads
        How long before the end to warn; none: never.
    """
    leads = _fitting(leads, end.span)
    if not leads:
        return Verdict(leave=now >= end.at, is_last=True, goes_at=end.at)
    due = [end.at - lead for lead in leads if end.at - lead <= now]
    if not due:
        return NOTHING
    last = min(leads)
    told = warned_at if warned_at is not None and warned_at <= now else None
    if told is None or told < max(due):
        return Verdict(warn=True, goes_at=max(end.at, now + last))
    goes_at = max(end.at, told + last)
    is_last = told >= end.at - last
    return Verdict(leave=is_last and now >= goes_at, is_last=is_last, goes_at=goes_at)


def _fitting(leads: Sequence[timedelta], span: timedelta) -> list[timedelta]:
    """Return lead times that are not longer than half of the time itself, one at least."""
    return [lead for lead in leads if lead <= span / 2] or [
        min(lead, span / 2) for lead in sorted(leads)[:1]
    ]
