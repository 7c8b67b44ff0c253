"""The form that books: its controls, and what people write in it as the API has it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from aglais_hub.models import Model
from aglais_hub.models.booking import Limits, Package, Pool, Sharing
from aglais_hub.models.bookings import MOST_SPANS, BookingRequest, SpanRequest
from aglais_hub.web.forms import FormField, form_fields

__all__ = ["BookingForm", "in_one", "size_values", "usual_limits"]

MORE_SPANS = 3
"""Spans that the form asks for besides the first, if there are no more already."""

LATER_SPAN = re.compile(r"spans\.(\d{1,3})\.(?:start|end)")


AGAINS = (
    ("", "Once"),
    ("FREQ=DAILY", "Every day"),
    ("FREQ=WEEKLY", "Every week"),
    ("FREQ=WEEKLY;INTERVAL=2", "Every other week"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Mondays to Fridays"),
    ("FREQ=WEEKLY;BYDAY=SA,SU", "Saturdays and Sundays"),
    ("FREQ=MONTHLY", "Every month"),
)
"""Recurrences that need no RFC."""


@dataclass(frozen=True)
class BookingForm:
    """What the form shows."""

    packages: Sequence[Package]
    pools: Sequence[Pool]
    zone: str
    typed: Mapping[str, str]
    may_choose_account: bool

    sharings = (
        (Sharing.MANAGED.value, "managed"),
        (Sharing.RESERVED.value, "reserved"),
        (Sharing.CUSTOM.value, "custom"),
    )
    agains = AGAINS

    def value(self, name: str, usual: str = "") -> str:
        """Return what was typed."""
        return self.typed.get(name) or usual

    @property
    def custom(self) -> Package | None:
        """The package whose size is chosen."""
        return next((package for package in self.packages if package.is_custom), None)

    @property
    def size_fields(self) -> list[FormField]:
        """Controls of its size; at first that of the largest package with a size of its own."""
        usual = usual_limits(self.packages)
        values = (size_values(usual) if usual else {}) | dict(self.typed)
        return form_fields(Sized, None, values)

    @property
    def sites(self) -> list[str]:
        """Where there are machines."""
        return sorted({pool.site for pool in self.pools if pool.site})

    @property
    def hardware(self) -> list[str]:
        """What machines have."""
        return sorted({one for pool in self.pools for one in pool.hardware})

    @property
    def spans(self) -> list[tuple[str, str]]:
        """Names of the controls for each span's start and end."""
        found = (LATER_SPAN.fullmatch(name) for name in self.typed)
        count = max([MORE_SPANS, *(int(match[1]) + 1 for match in found if match)])
        later = [(f"spans.{number}.start", f"spans.{number}.end") for number in range(count)]
        return [("start", "end"), *later[:MOST_SPANS]]

    @property
    def has_times(self) -> bool:
        """Whether times, or a recurrence, were typed."""
        names = [name for names in self.spans for name in names]
        return any(self.typed.get(name) for name in (*names, "_again", "_count", "recurrence"))

    @property
    def has_size(self) -> bool:
        """Whether the package has a size of its own choice."""
        return self.custom is not None and self.typed.get("package") == self.custom.name

    @property
    def has_place(self) -> bool:
        """Whether something was typed about where, or for whom."""
        return any(self.typed.get(name) for name in ("site", "hardware", "account"))


def usual_limits(packages: Sequence[Package]) -> Limits | None:
    """Return what the largest package has that has a size of its own."""
    fixed = [package for package in packages if not package.is_custom]
    return max(fixed, key=lambda package: package.total_cores).limits if fixed else None


class Sized(Model):
    """A size of somebody's own choice, as the form names its parts."""

    limits: Limits


def size_values(limits: Limits) -> dict[str, str]:
    """Return limits as the form has them."""
    fields = form_fields(Sized, Sized(limits=limits), {})
    return {field.name: field.value.removesuffix(".0") for field in fields}


def in_one(request: BookingRequest) -> BookingRequest:
    """Return a request whose first span is among the others, where it has others, too."""
    own = _own_span(request)
    if not request.spans or own is None:
        return request
    none = {"first_day": None, "last_day": None, "start": None, "end": None}
    return request.model_copy(update={**none, "spans": (own, *request.spans)})


def _own_span(request: BookingRequest) -> SpanRequest | None:
    if request.start and request.end:
        return SpanRequest(start=request.start, end=request.end)
    if request.first_day and request.last_day:
        first = datetime.combine(request.first_day, time())
        return SpanRequest(
            start=first, end=datetime.combine(request.last_day, time()) + timedelta(days=1)
        )
    return None
