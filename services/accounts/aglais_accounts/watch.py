"""Sees who is here, warns who was away for long, and lets go who did not come back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aglais_accounts.ends import End, Verdict, decide, end_of
from aglais_accounts.managers import Managers
from aglais_accounts.managers.base import Stores, begin_departure
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountState
from aglais_hub.models.identities import EMAIL
from aglais_hub.scopes import ADMINS
from aglais_hub.web.show import span

__all__ = ["Watch"]

log = logging.getLogger(__name__)

PART = 200
"""Accounts in one transaction."""

RESOLUTION = timedelta(minutes=10)
"""Who was seen so little later is not written down anew."""

GAP = timedelta(minutes=10)
"""Two rounds that are further apart, or the wrong way round: the service was away, or the clock
was set. Then nobody goes until the shortest lead time has passed once more."""

LOOKED, HELD = "watch", "hold"


class Watch:
    """Looks after accounts that are no guests; it may be killed anywhere and run again."""

    def __init__(self, manager: Managers) -> None:
        self.manager = manager
        self.leads = [timedelta(days=days) for days in manager.config.warn_days]
        self.shortest = min(self.leads, default=timedelta(hours=1))

    async def look(self) -> None:
        """Do one round."""
        now = utcnow()
        is_held = await self._hold(now)
        users = {user["name"]: user for user in await self.manager.context.clients.hub.users()}
        await self._see(users, now)
        after = ""
        while names := await self._members(after):
            after = names[-1]
            for account, verdict in await self._verdicts(names, now):
                await self._act(account, verdict, users.get(account.name), is_held=is_held)

    async def _hold(self, now: datetime) -> bool:
        """Note that this round is; tell whether nobody may go yet."""
        async with self.manager.writing() as stores:
            looked, held = await stores.marks.get(LOOKED), await stores.marks.get(HELD)
            if looked is None or held is None or abs(now - looked) > GAP:
                held = now + self.shortest
                await stores.marks.put(HELD, held)
            await stores.marks.put(LOOKED, now)
        return held > now

    async def _see(self, users: Mapping[str, dict[str, Any]], now: datetime) -> None:
        """Follow what the Hub knows of people's activity."""
        async with self.manager.reading() as stores:
            known = await stores.absences.last_seen()
        moved = {
            name: seen
            for name, before in known.items()
            if (seen := _seen(users.get(name), now)) and _has_moved(before, seen, now)
        }
        names = list(moved)
        for start in range(0, len(names), PART):
            async with self.manager.writing() as stores:
                await stores.absences.see({name: moved[name] for name in names[start:][:PART]})

    async def _members(self, after: str) -> list[str]:
        async with self.manager.reading() as stores:
            return await stores.absences.members(after, PART)

    async def _verdicts(self, names: list[str], now: datetime) -> list[tuple[Account, Verdict]]:
        async with self.manager.reading() as stores:
            accounts = await stores.accounts.named(names)
            warned = await stores.absences.warned_at(names)
        found = ((one, self._verdict(one, warned.get(one.name), now)) for one in accounts)
        return [(one, verdict) for one, verdict in found if verdict.goes_at is not None]

    def _verdict(self, account: Account, warned_at: datetime | None, now: datetime) -> Verdict:
        end = end_of(account)
        return decide(end, warned_at, now, self.leads) if end else Verdict()

    async def _act(
        self, account: Account, verdict: Verdict, user: dict[str, Any] | None, *, is_held: bool
    ) -> None:
        if user is not None and _is_administrator(user):
            return
        async with self.manager.reading() as stores:
            addresses = await _addresses(stores, account.name)
        if addresses:
            await self._warn_or_let_go(account, verdict, addresses, is_held=is_held)
        elif self.manager.config.erase_unreachable and not is_held:
            await self._let_go_unwarned(account)

    async def _warn_or_let_go(
        self, account: Account, verdict: Verdict, addresses: list[str], *, is_held: bool
    ) -> None:
        if verdict.warn:
            await self._warn(account.name, addresses)
        elif verdict.is_last:
            is_told = await self._is_told(account.name, addresses)
            if is_told and verdict.leave and not is_held:
                await self._let_go(account.name)

    async def _warn(self, name: str, addresses: list[str]) -> None:
        now = utcnow()
        async with self.manager.writing() as stores:
            found = await self._locked(stores, name, now)
            if found is None or not found[1].warn:
                return
            account, verdict, end = found
            for address in addresses:
                await self.manager.departures.warn(stores, address, account, end, verdict)
            await stores.absences.warn(name, now)
        self.manager.events.publish("account.warned", account=name, goes_at=verdict.goes_at)

    async def _is_told(self, name: str, addresses: list[str]) -> bool:
        """Tell whether the last warning has left; its time runs from when it did."""
        async with self.manager.writing() as stores:
            if not await stores.absences.has_mail(addresses):
                return True
            await stores.absences.warn(name, utcnow())
        return False

    async def _let_go(self, name: str) -> None:
        """Begin the departure, unless somebody was here since this round began."""
        now = utcnow()
        user = await self.manager.context.clients.hub.user(name)
        async with self.manager.writing() as stores:
            found = await self._locked(stores, name, now, _seen(user, now))
            if found is None or not found[1].leave:
                return
        await self._begin(name, found[2], lambda end, warned: decide(end, warned, now, self.leads))

    async def _let_go_unwarned(self, account: Account) -> None:
        """Let somebody go whom nobody can write to, as the operator wants it."""
        now = utcnow()
        end = end_of(account)
        if end is not None and now >= end.at:
            await self._begin(account.name, end, lambda end, _: decide(end, None, now, ()))

    async def _begin(self, name: str, end: End, judge: Any) -> None:
        away = f"nobody was here for {span(int(end.span.total_seconds()))}"
        reason = "its time was over" if end.is_fixed else away
        async with self.manager.writing() as stores:
            warned_at = (await stores.absences.warned_at([name])).get(name)

            def still(account: Account) -> bool:
                now_end = end_of(account)
                return now_end is not None and judge(now_end, warned_at).leave

            is_new = await begin_departure(stores, name, reason, still)
        if is_new:
            self.manager.events.publish("account.leaving", account=name, reason=reason)

    async def _locked(
        self, stores: Stores, name: str, now: datetime, seen: datetime | None = None
    ) -> tuple[Account, Verdict, End] | None:
        """Return an account as nobody can change it any more, and what is to be done with it."""
        if not await stores.accounts.lock(name):
            return None
        if seen is not None:
            await stores.absences.see({name: seen})
        account = await stores.accounts.get(name)
        end = end_of(account) if account else None
        if account is None or end is None or account.state is AccountState.LEAVING:
            return None
        warned_at = (await stores.absences.warned_at([name])).get(name)
        return account, decide(end, warned_at, now, self.leads), end


async def _addresses(stores: Stores, name: str) -> list[str]:
    return [one.subject for one in await stores.identities.of(name) if one.provider == EMAIL]


def _is_administrator(user: Mapping[str, Any]) -> bool:
    """Tell whether somebody runs the platform, which must not lose them by itself."""
    return bool(user.get("admin")) or ADMINS in user.get("groups", ())


def _seen(user: Mapping[str, Any] | None, now: datetime) -> datetime | None:
    """Return when somebody was last active; never in the future, whatever the Hub's clock said."""
    text = user.get("last_activity") if user else None
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return min(now, moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _has_moved(before: datetime | None, seen: datetime, now: datetime) -> bool:
    """Tell whether to write down when somebody was seen; back only what lies in the future."""
    return before is None or seen - before > RESOLUTION or before - now > RESOLUTION
