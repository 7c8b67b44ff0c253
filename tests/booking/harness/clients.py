"""Clients that fight for the last slots: they book, move, cancel, lose patience and ask again."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from tests.booking.harness.logs import ClientLog
from tests.booking.harness.replicas import Replicas

SHAPES = (("small", "managed"), ("medium", "managed"), ("medium", "reserved"), ("large", "managed"))
MOST_KEPT = 12
"""Bookings that a client keeps: with more it rather cancels."""

IMPATIENT = 0.1
"""Part of the requests of which a client does not wait for the answer."""

GIVES_UP = 0.02
"""Part of these that it does not even ask again."""

EXPECTED = {"spans-overlap"}
"""Codes of refusals, besides conflicts: it moves a span onto another one of its own."""

PATIENCE_SECONDS = 90
"""How long an answer may fail to come before the test fails: longer than any restart."""


class NoAnswerError(Exception):
    """The connection broke, or the service said that it could not."""


@dataclass
class Slots:
    """The time that all want a part of."""

    begin: datetime
    hours: int

    def some(self, chance: random.Random, longest: int) -> tuple[datetime, datetime]:
        """Return a span in it; any minutes."""
        minutes = chance.choice((60, 90, 150, 60 * chance.randint(1, longest)))
        last = max(15, self.hours * 60 - minutes)
        start = self.begin + timedelta(minutes=chance.randrange(0, last, 15))
        return start, start + timedelta(minutes=minutes)


@dataclass
class Fighter:
    """One client, with an account of its own; it does one thing after another."""

    name: str
    token: str
    replicas: Replicas
    slots: Slots
    log: ClientLog
    http: aiohttp.ClientSession
    patience: float = PATIENCE_SECONDS
    tries: int = 0
    unexpected: list[str] = field(default_factory=list)
    mine: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What it was told to have, by the name that it gave."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.name)
        self._count = 0
        # Each comes from elsewhere, as behind a proxy.
        self.address = f"10.0.0.{self.chance.randrange(1, 255)}"

    async def fight(self, times: int) -> None:
        for _ in range(times):
            dice = self.chance.random()
            if self.mine and (dice < 0.25 or len(self.mine) > MOST_KEPT):
                await self._cancel()
            elif self.mine and dice < 0.45:
                await self._move()
            else:
                await self._book()

    async def _book(self) -> None:
        self._count += 1
        name = f"{self.name}-{self._count}"
        package, sharing = self.chance.choice(SHAPES)
        body: dict[str, Any] = {"name": name, "package": package, "sharing": sharing}
        answer = await self._ask("book", name, "bookings", body | self._times())
        if answer is not None:
            self.mine[name] = answer

    def _times(self) -> dict[str, Any]:
        one = self._span(24)
        dice = self.chance.random()
        if dice < 0.8:
            return one
        if dice < 0.9:
            other = self._span(4)
            return {"spans": [one, other]} if other["start"] >= one["end"] else one
        day = self.slots.begin.date() + timedelta(days=1)
        return {"first_day": str(day), "last_day": str(day)}

    def _span(self, longest: int) -> dict[str, str]:
        start, end = self.slots.some(self.chance, longest)
        return {"start": start.isoformat(), "end": end.isoformat()}

    async def _move(self) -> None:
        name, booking = self.chance.choice(list(self.mine.items()))
        span = self.chance.choice(booking["spans"])
        start, end = (datetime.fromisoformat(span[edge]) for edge in ("starts_at", "ends_at"))
        if self.chance.random() < 0.5:  # longer or shorter
            end = max(start + timedelta(hours=1), end + timedelta(hours=self.chance.randint(-3, 6)))
        else:
            start, end = self.slots.some(self.chance, 24)
        path = f"bookings/{booking['id']}/spans/{span['id']}"
        body = {"start": start.isoformat(), "end": end.isoformat()}
        answer = await self._ask("move", name, path, body)
        if answer is not None:
            self.mine[name] = answer

    async def _cancel(self) -> None:
        name, booking = self.chance.choice(list(self.mine.items()))
        del self.mine[name]
        await self._ask("cancel", name, f"bookings/{booking['id']}/cancel", {})

    async def _ask(
        self, verb: str, name: str, path: str, body: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Ask until there is an answer; return the booking, or None if it was refused."""
        key = f"{name}-{self.chance.getrandbits(64):x}"
        told: dict[str, Any] = {"verb": verb, "name": name, "key": key}
        self.log.write({"what": "asked", **told, "body": body})
        loop = asyncio.get_running_loop()
        until, lost_tries = loop.time() + self.patience, 0
        while True:
            if loop.time() > until:
                message = f"{self.name} had no answer to {verb} {key}"
                raise TimeoutError(message)
            try:
                status, answer = await self._send(path, body, key)
            except (NoAnswerError, aiohttp.ClientError, TimeoutError) as lost:
                self.tries += 1
                lost_tries += 1
                self.log.write({"what": "lost", **told, "why": repr(lost)[:200]})
                if self.chance.random() < GIVES_UP:
                    self.mine.pop(name, None)
                    return None
                await asyncio.sleep(self.chance.uniform(0, 0.2))
                continue
            if status not in {200, 201} and lost_tries:
                # Refusals are not kept: what was sent first may be on its way yet, and be done.
                self.mine.pop(name, None)
                told["unsure"] = True
            return self._told(told, status, answer)

    def _told(
        self, told: dict[str, Any], status: int, answer: dict[str, Any]
    ) -> dict[str, Any] | None:
        is_made = status in {200, 201}
        facts = {"booking": answer} if is_made else {"code": answer.get("code")}
        self.log.write({"what": "answered", **told, "status": status, **facts})
        if not is_made and status != 409 and answer.get("code") not in EXPECTED:
            self.unexpected.append(f"{told['verb']}: {status} {answer}")
        return answer if is_made else None

    async def _send(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        is_impatient = self.chance.random() < IMPATIENT
        headers = {
            "Authorization": f"token {self.token}",
            "Idempotency-Key": key,
            "X-Forwarded-For": self.address,
        }
        url = f"{self.replicas.any()}api/{path}"
        async with asyncio.timeout(self.chance.uniform(0.001, 0.08) if is_impatient else 30):
            async with self.http.post(url, json=body, headers=headers) as sent:
                answer = await sent.json()
                if sent.status >= 500:
                    if sent.status != 503:
                        self.unexpected.append(f"{path}: {sent.status} {answer}")
                    message = f"{sent.status} {answer.get('message')}"
                    raise NoAnswerError(message)
                return sent.status, answer


def tomorrow() -> datetime:
    """Return the begin of tomorrow's first hour, in UTC."""
    now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return now + timedelta(days=1)
