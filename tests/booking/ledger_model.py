"""The ledger again, by brute force: a dictionary of hours, for tests to compare with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

HOUR = 3600
NOTHING = (0, 0)

Pair = tuple[int, int]
"""Thousandths of cores, and bytes of memory."""


def plus(one: Pair, other: Pair, times: int = 1) -> Pair:
    return (one[0] + times * other[0], one[1] + times * other[1])


def no_less(one: Pair, other: Pair = NOTHING) -> Pair:
    return (max(one[0], other[0]), max(one[1], other[1]))


def fits(amount: Pair, room: Pair) -> bool:
    return amount[0] <= room[0] and amount[1] <= room[1]


@dataclass(frozen=True)
class Turn:
    """Resources that come or go away for some hours."""

    first: int
    end: int
    amount: Pair
    sign: int


@dataclass(frozen=True)
class Span:
    """A time of a booking, in seconds since 1970, and the hours that it holds."""

    start: int
    end: int
    held: range

    def at(self, now: int) -> str:
        if self.end <= now:
            return "ended"
        return "active" if self.start <= now else "booked"


@dataclass
class Booking:
    """What a booking takes each hour, and its spans that were not given back."""

    cost: Pair
    spans: dict[str, Span]


@dataclass
class Ledger:
    """A pool by hours; nothing in it is fast."""

    physical: Pair
    kept_percent: int
    turns: list[Turn] = field(default_factory=list)
    bookable: dict[int, Pair] = field(default_factory=dict)
    excess: dict[int, Pair] = field(default_factory=dict)
    bookings: dict[str, Booking] = field(default_factory=dict)

    def count_anew(self, first: int, end: int) -> None:
        """Say what can be booked from an hour on, after the pool or its turns have changed."""
        for hour in range(first, end):
            total = self.physical
            for turn in sorted(self.turns, key=lambda one: -one.sign):
                if turn.first <= hour < turn.end:
                    total = no_less(plus(total, turn.amount, turn.sign))
            part = 100 - self.kept_percent
            self.bookable[hour] = (total[0] * part // 100, total[1] * part // 100)
            over = plus(self.reserved(hour), self.bookable[hour], -1)
            self.excess[hour] = no_less(over)

    def reserved(self, hour: int) -> Pair:
        held = NOTHING
        for booking in self.bookings.values():
            for span in booking.spans.values():
                if hour in span.held:
                    held = plus(held, booking.cost)
        return held

    def free(self, hour: int) -> Pair:
        room = plus(self.bookable[hour], self.excess[hour])
        return plus(room, self.reserved(hour), -1)

    def has_room(self, cost: Pair, spans: list[range]) -> bool:
        """Tell whether all spans fit together; one hour may be touched by two of them."""
        touched = [hour for span in spans for hour in span]
        return all(
            hour in self.bookable
            and fits(
                (cost[0] * touched.count(hour), cost[1] * touched.count(hour)), self.free(hour)
            )
            for hour in set(touched)
        )

    def drop(self, booking: str, span: str) -> Span:
        """Hold a span no longer; what is too much booked goes first."""
        held = self.bookings[booking].spans.pop(span)
        for hour in held.held:
            left = plus(self.excess[hour], self.bookings[booking].cost, -1)
            self.excess[hour] = no_less(left)
        return held

    def edit(self, booking: str, span: str, start: int, end: int, now: int) -> bool:
        """Give a span other times, if there is room; tell whether there was."""
        kept = dict(self.excess)
        one = self.bookings[booking]
        old = self.drop(booking, span)
        new = replace(old, start=start, end=end, held=held(start, end, now))
        if not self.has_room(one.cost, [new.held]):
            for hour in set(old.held) & set(new.held):
                again = plus(plus(self.reserved(hour), one.cost), self.bookable[hour], -1)
                self.excess[hour] = no_less(self.excess[hour], again)
        if not self.has_room(one.cost, [new.held]):
            one.spans[span], self.excess = old, kept
            return False
        one.spans[span] = new
        return True

    def cancel(self, booking: str, spans: list[str], now: int) -> None:
        """Give spans back; what is under way is held to the end of this hour."""
        for span in spans:
            old = self.bookings[booking].spans[span]
            if old.at(now) == "active":
                assert self.edit(booking, span, old.start, now, now)
            elif old.at(now) == "booked":
                self.drop(booking, span)


def held(start: int, end: int, now: int) -> range:
    """Return the hours that a span touches, those that are over excluded."""
    return range(max(start // HOUR, now // HOUR), -(-end // HOUR))


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())
