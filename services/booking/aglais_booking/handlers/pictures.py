"""Pictures of pools: bars of what is in use now, charts of what is booked when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aglais_hub.models.booking import PoolUsage, Resources
from aglais_hub.models.capacities import Timeline, TimelineSlot
from aglais_hub.web.show import size

__all__ = ["Bar", "Chart", "bars_of", "charts_of"]

TIGHT, FULL = 75, 95
"""Percent from which on a bar warns."""


@dataclass(frozen=True)
class Bar:
    """How much of one resource is promised."""

    label: str
    percent: int
    text: str

    @property
    def colour(self) -> str:
        """Bootstrap's name of the colour: green, yellow when little is left, red when none."""
        return (
            "danger" if self.percent >= FULL else "warning" if self.percent >= TIGHT else "success"
        )


def bars_of(usage: PoolUsage) -> list[Bar]:
    """Return the bars of a pool: promised of what can be promised."""
    promised, promisable, free = usage.promised, usage.promisable, usage.free
    return [
        Bar(
            "Cores",
            _percent(promised.cores, promisable.cores),
            f"{promised.cores:.4g} of {promisable.cores:.4g} cores promised "
            f"({usage.physical.cores:.4g} physical), {free.cores:.4g} free",
        ),
        Bar(
            "Memory",
            _percent(promised.memory_bytes, promisable.memory_bytes),
            f"{size(promised.memory_bytes)} of {size(promisable.memory_bytes)} promised, "
            f"{size(free.memory_bytes)} free",
        ),
    ]


def _percent(part: float, whole: float) -> int:
    return min(100, round(100 * part / whole)) if whole else 100


WIDTH, HEIGHT = 720, 120
"""Of a chart's drawing, in its own units."""


@dataclass(frozen=True)
class Mark:
    """A day on the axis of a chart."""

    x: float
    text: str


@dataclass(frozen=True)
class Chart:
    """One resource of a pool over time, as lines of steps.

    Parameters
    ----------
    promisable, bookable
        Points of lines.
    reserved
        Points of an area.
    over
        Begin and width of the times for which more is booked than there is.
    most
        What the top stands for.
    says
        The same in a sentence, for who does not see it.
    """

    label: str
    promisable: str
    bookable: str
    reserved: str
    over: tuple[tuple[float, float], ...]
    marks: tuple[Mark, ...]
    most: str
    says: str
    width: int = WIDTH
    height: int = HEIGHT


Value = Callable[[Resources], float]
Words = Callable[[float], str]

KINDS: tuple[tuple[str, str, Words], ...] = (
    ("Cores", "cores", lambda value: f"{value:.4g} cores"),
    ("Memory", "memory_bytes", size),
    ("Disk", "disk_bytes", size),
    ("GPUs", "gpus", lambda value: f"{value:.0f} GPUs"),
)


def charts_of(timeline: Timeline) -> list[Chart]:
    """Return a chart for each resource that the pool has, and that is counted."""
    return [
        _chart(label, timeline.slots, lambda one, name=name: getattr(one, name) or 0, words)  # type: ignore[misc]
        for label, name, words in KINDS
        if any(getattr(slot.promisable, name) for slot in timeline.slots)
    ]


def _chart(label: str, slots: Sequence[TimelineSlot], value: Value, words: Words) -> Chart:
    reserved = [value(slot.reserved) for slot in slots]
    promisable = [value(slot.promisable) for slot in slots]
    bookable = [value(slot.bookable) for slot in slots]
    most = max(promisable + reserved)
    return Chart(
        label=label,
        promisable=_steps(promisable, most),
        bookable=_steps(bookable, most),
        reserved=f"0,{HEIGHT} {_steps(reserved, most)} {WIDTH},{HEIGHT}",
        over=_over(slots),
        marks=_marks(slots),
        most=words(most),
        says=(
            f"At most {words(max(reserved))} booked at once; at least "
            f"{words(min(bookable))} of {words(min(promisable))} can be booked."
        ),
    )


def _steps(values: Sequence[float], most: float) -> str:
    """Return the points of a line; a level that goes on is one step."""
    wide = WIDTH / len(values)
    points: list[tuple[float, float]] = []
    for place, value in enumerate(values):
        if place and value == values[place - 1]:
            points.pop()
        else:
            points.append((place * wide, value))
        points.append(((place + 1) * wide, value))
    return " ".join(f"{x:.1f},{HEIGHT * (1 - value / most):.1f}" for x, value in points)


def _over(slots: Sequence[TimelineSlot]) -> tuple[tuple[float, float], ...]:
    wide = WIDTH / len(slots)
    return tuple(
        (round(place * wide, 1), round(wide, 1))
        for place, slot in enumerate(slots)
        if slot.is_over_capacity
    )


def _marks(slots: Sequence[TimelineSlot]) -> tuple[Mark, ...]:
    """Return the Mondays."""
    wide = WIDTH / len(slots)
    return tuple(
        Mark(round(place * wide, 1), f"{slot.starts_at.day} {slot.starts_at:%b}")
        for place, slot in enumerate(slots)
        if _is_monday(slot.starts_at)
    )


def _is_monday(moment: datetime) -> bool:
    return moment.weekday() == 0 and moment.hour == 0
