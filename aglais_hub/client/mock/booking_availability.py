"""What the booking service in memory knows of what is available."""

from __future__ import annotations

from math import floor

from aglais_hub.calendar import days_between, named_days, slots_of, zone_named
from aglais_hub.client.mock.service import Asked, MockService, answers, refused
from aglais_hub.errors import NotFound
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.availability import (
    Availability,
    AvailabilityRequest,
    AvailabilityRow,
    Cell,
    CellState,
    Slot,
)
from aglais_hub.models.booking import Package, Pool, Resources, Sharing
from aglais_hub.pictures import plain
from aglais_hub.web.forms import parse_body
from aglais_hub.web.show import size

__all__ = ["MockAvailability"]

READ_PACKAGES, READ_BOOKINGS = scope("read", "packages"), scope("read", "bookings")
OWN = {Sharing.RESERVED, Sharing.CUSTOM}


class MockAvailability(MockService):
    """The calendar; a part of the booking service. It knows one pool and no furthest start."""

    pool: Pool
    known: dict[str, Package]

    @answers("GET", "availability", READ_PACKAGES)
    def availability(self, asked: Asked) -> Availability:
        """Return what is available."""
        return self._calendar(asked)

    @answers("GET", "availability.txt", READ_PACKAGES)
    def availability_text(self, asked: Asked) -> str:
        """Draw what is available."""
        return plain(self._calendar(asked))

    def _calendar(self, asked: Asked) -> Availability:
        request = _request(asked)
        if request.account is not None and request.account != asked.actor.name:
            asked.actor.require(READ_BOOKINGS, owner=request.account)
        zone = zone_named(request.zone)
        today = utcnow().astimezone(zone).date()
        if request.first or request.last:
            days = days_between(request.first, request.last, today)
        else:
            days = named_days(request.period or "this-week", today)
        by = request.by or days.usual
        slots = slots_of(days, by, zone)
        rows = [self._row(request, slots, *row) for row in self._sizes(request)]
        if request.without is not None:
            raise NotFound(f"There is no booking {request.without}, or it is not yours.")
        return Availability(
            zone=request.zone,
            by=by,
            starts_at=slots[0].starts_at,
            ends_at=slots[-1].ends_at,
            slots=tuple(slots),
            rows=tuple(rows),
        )

    def _sizes(self, request: AvailabilityRequest) -> list[tuple[str, str, Resources]]:
        """Return name, title and size of each row."""
        for name in request.package:
            if name not in self.known:
                raise refused(NotFound, "unknown-package", f"There is no package {name}.")
        own = _own_size(request)
        everything = not request.package and own is None
        packages = [one for one in self.known.values() if everything or one.name in request.package]
        packages.sort(key=lambda one: (one.is_custom, -one.total_cores, -one.total_memory_bytes))
        sizes = [(one.name, one.title, one.limits.total) for one in packages]
        return sizes if own is None else [*(size for size in sizes if size[0] != own[0]), own]

    def _row(
        self,
        request: AvailabilityRequest,
        slots: list[Slot],
        name: str,
        title: str,
        needs: Resources,
    ) -> AvailabilityRow:
        count, now = self._fitting(request, needs), utcnow()
        free = Cell(state=CellState.AVAILABLE if count else CellState.TAKEN, count=count)
        past = Cell(state=CellState.PAST, count=0)
        package = self.known.get(name)
        return AvailabilityRow(
            package=name,
            title=title,
            is_bookable=package is not None and package.bookable_from_level is not None,
            cells=tuple(past if slot.ends_at <= now else free for slot in slots),
        )

    def _fitting(self, request: AvailabilityRequest, needs: Resources) -> int:
        """Return how many fit into what of the pool can be booked."""
        pool = self.pool
        if request.site not in {None, pool.site} or not set(request.hardware) <= set(pool.hardware):
            return 0
        share = (100 - pool.kept_percent) / 100
        times = pool.core_overcommit if request.sharing in OWN else 1
        room = pool.promisable
        bounds = [(room.cores * share, needs.cores * times)]
        bounds += [(room.memory_bytes * share, needs.memory_bytes), (room.gpus, needs.gpus)]
        return min(floor(has / need + 1e-9) for has, need in bounds if need)


def _request(asked: Asked) -> AvailabilityRequest:
    given = {name: ",".join(asked.query.get_list(name)).encode() for name in asked.query}
    return parse_body(AvailabilityRequest, "", b"", {name: [given[name]] for name in given})


def _own_size(request: AvailabilityRequest) -> tuple[str, str, Resources] | None:
    if request.cores is None or request.memory_bytes is None:
        return None
    needs = Resources(cores=request.cores, memory_bytes=request.memory_bytes, gpus=request.gpus)
    gpus = f", {needs.gpus} GPUs" if needs.gpus else ""
    return ("custom", f"{needs.cores:.4g} cores and {size(needs.memory_bytes)}{gpus}", needs)
