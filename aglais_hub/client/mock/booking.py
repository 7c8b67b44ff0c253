"""The booking service in memory."""

from __future__ import annotations

import secrets

from aglais_hub.client.mock.booking_availability import MockAvailability
from aglais_hub.client.mock.booking_feeds import MockFeeds
from aglais_hub.client.mock.booking_leases import MockLeases
from aglais_hub.client.mock.bookings import MockBookings
from aglais_hub.client.mock.requests import MockRequests
from aglais_hub.client.mock.service import Asked, answers, refused
from aglais_hub.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unavailable
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import (
    Admission,
    AdmissionRequest,
    Limits,
    Machines,
    Package,
    PackageEdit,
    Pool,
    PoolUsage,
    Resources,
    Sharing,
    UnitLimits,
)
from aglais_hub.models.bookings import Booking, BookingState, SpanState

__all__ = ["MockBooking"]

READ_PACKAGES, WRITE_PACKAGES = scope("read", "packages"), scope("write", "packages")
READ_ADMISSIONS, WRITE_ADMISSIONS = scope("read", "admissions"), scope("write", "admissions")

GIB = 2**30
WRITE_BOOKINGS = scope("write", "bookings")
EMBEDDED = "embedded"
LEAST_FRONTEND, LEAST_WORKER = GIB, 3 * GIB // 4
RETRY_SECONDS = 60
BOOKABLE = {"small": Level(1), "medium": Level(1), "large": Level(1), "custom": Level(2)}


class MockBooking(MockAvailability, MockFeeds, MockLeases, MockRequests, MockBookings):
    """Packages, one pool, bookings and admissions.

    Parameters
    ----------
    cores, memory_bytes, overcommit
        The pool, and how many promised cores share a physical one.
    """

    name = "booking"

    def __init__(self, cores: float, memory_bytes: int, overcommit: float) -> None:
        super().__init__()
        machines = Machines(cores=cores, memory_bytes=memory_bytes)
        self.pool = Pool(
            name=EMBEDDED, resources=machines, core_overcommit=overcommit, cluster=EMBEDDED
        )
        self.known = {package.name: package for package in first_packages()}
        self.admitted: dict[str, Admission] = {}

    @answers("GET", "packages", READ_PACKAGES)
    def packages(self, _asked: Asked) -> list[Package]:
        """List packages, the one that is easiest to get first."""
        return sorted(self.known.values(), key=_size)

    @answers("GET", "packages/{name}", READ_PACKAGES)
    def package(self, _asked: Asked, name: str) -> Package:
        """Return a package."""
        return self._package(name)

    def _package(self, name: str) -> Package:
        if name not in self.known:
            raise refused(NotFound, "unknown-package", f"There is no package {name}.")
        return self.known[name]

    @answers("POST", "packages", WRITE_PACKAGES, status=201)
    def create_package(self, asked: Asked) -> Package:
        """Make a package."""
        package = asked.body(Package)
        asked.actor.require(WRITE_PACKAGES)
        _check(package)
        if package.name in self.known:
            message = f"There is a package {package.name} already; edit it."
            raise refused(Conflict, "package-exists", message)
        self._save(package)
        return package

    @answers("POST", "packages/{name}", WRITE_PACKAGES)
    def edit_package(self, asked: Asked, name: str) -> Package:
        """Change a package."""
        edit = asked.body(PackageEdit)
        asked.actor.require(WRITE_PACKAGES)
        _check(edit)
        self._package(name)
        package, before = Package(name=name, **dict(edit)), dict(self.known)
        self._save(package)
        if self._default(Level.ANONYMOUS) is None:
            self.known = before
            message = "Level 0 needs a package that it gets when it asks for none."
            raise refused(Conflict, "default-needed", message)
        return package

    def _save(self, package: Package) -> None:
        """Keep a package; a level's default is taken from the one that has it so far."""
        level = package.default_from_level
        for other in self.known.values() if level is not None else ():
            if other.default_from_level == level:
                update = {"default_from_level": None}
                self.known = self.known | {other.name: other.model_copy(update=update)}
        self.known = self.known | {package.name: package}

    def _default(self, level: Level) -> Package | None:
        fitting = [
            (one.default_from_level, one)
            for one in self.known.values()
            if one.default_from_level is not None and one.default_from_level <= level
        ]
        return max(fitting, key=lambda pair: pair[0])[1] if fitting else None

    @answers("DELETE", "packages/{name}", WRITE_PACKAGES, status=204)
    def delete_package(self, asked: Asked, name: str) -> None:
        """Delete a package."""
        asked.actor.require(WRITE_PACKAGES)
        if self._package(name).default_from_level is not None:
            message = f"Package {name} is a default; make another package that default first."
            raise refused(Conflict, "default-needed", message)
        del self.known[name]

    def _usage(self) -> PoolUsage:
        totals = [one.limits.total for one in self.admitted.values()]
        cores = sum(total.cores for total in totals)
        memory = sum(total.memory_bytes for total in totals)
        disk = sum(total.disk_bytes or 0 for total in totals)
        room = self.pool.promisable
        return PoolUsage(
            pool=EMBEDDED,
            sessions=len(totals),
            physical=Resources(**dict(self.pool.resources)),
            promisable=room,
            promised=Resources(cores=cores, memory_bytes=memory, disk_bytes=disk),
            free=Resources(
                cores=max(0.0, room.cores - cores),
                memory_bytes=max(0, room.memory_bytes - memory),
            ),
        )

    @answers("POST", "admissions", WRITE_ADMISSIONS, status=201)
    def admit(self, asked: Asked) -> Admission:
        """Let a session in, or say why not."""
        request = asked.body(AdmissionRequest)
        asked.actor.require(WRITE_ADMISSIONS)
        self._check_booking(request)
        package = self._wanted(request)
        self._check_sessions(request)
        before = self.admitted
        # An earlier admission of the same server makes room for this one.
        self.admitted = {key: one for key, one in before.items() if not _same(one, request)}
        try:
            self._check_room(package)
        except (Conflict, Unavailable):
            self.admitted = before
            raise
        admission = _admission(request, package, is_spare=not self._is_firm(package))
        self.admitted[admission.id] = admission
        return admission

    def _check_booking(self, request: AdmissionRequest) -> None:
        if request.booking is not None:
            raise NotFound(f"There is no booking {request.booking} of {request.account}.")

    def _is_firm(self, package: Package) -> bool:
        """Tell whether sessions without a booking stay within the part that is kept for them."""
        firm = [one.limits.total for one in self.admitted.values() if not one.is_interruptible]
        sizes = [*firm, package.limits.total]
        room, part = self.pool.promisable, self.pool.kept_percent / 100
        return (
            sum(size.cores for size in sizes) <= room.cores * part
            and sum(size.memory_bytes for size in sizes) <= room.memory_bytes * part
        )

    def _wanted(self, request: AdmissionRequest) -> Package:
        package = self._package(request.package) if request.package else self._usual(request)
        if package is None or not _is_allowed(package, request):
            message = f"{request.account} may not start {package.name if package else 'anything'}."
            raise refused(Forbidden, "package-not-allowed", message)
        return package

    def _usual(self, request: AdmissionRequest) -> Package | None:
        """Return what an account gets that asks for no package."""
        usual = self._default(request.level)
        if usual is not None and _is_allowed(usual, request):
            return usual
        allowed = sorted(
            (one for one in self.known.values() if _is_allowed(one, request)),
            key=lambda one: (one.total_cores, one.total_memory_bytes, one.name),
        )
        fitting = [one for one in allowed if usual and _fits(one.limits.total, usual.limits.total)]
        return fitting[-1] if fitting else next(iter(allowed), None)

    def _check_sessions(self, request: AdmissionRequest) -> None:
        mine = (one for one in self.admitted.values() if one.account == request.account)
        others = [one for one in mine if one.server != request.server]
        if request.session_count is not None and len(others) >= request.session_count:
            message = f"{request.account} has {len(others)} running. End one of them first."
            raise refused(Conflict, "session-limit", message)

    def _check_room(self, package: Package) -> None:
        needed, usage = package.limits.total, self._usage()
        if not _fits(needed, usage.promisable):
            message = f"Package {package.name} is larger than the pool."
            raise refused(Conflict, "package-too-large", message)
        if not _fits(needed, usage.free):
            message = f"There is no room for package {package.name} now."
            raise refused(Unavailable, "no-room", message, retry_after=RETRY_SECONDS)

    @answers("GET", "admissions", READ_ADMISSIONS)
    def admissions(self, asked: Asked) -> list[Admission]:
        """List admissions, of one account or all, the last one first."""
        actor, accounts = asked.actor, asked.query.get_list("account")
        for account in accounts:
            if account != actor.name:
                actor.require(READ_ADMISSIONS, owner=account)
        seen = accounts or (None if actor.holds(READ_ADMISSIONS) else [actor.name])
        found = [one for one in self.admitted.values() if seen is None or one.account in seen]
        return sorted(found, key=lambda admission: admission.admitted_at, reverse=True)

    @answers("GET", "admissions/{identifier}", READ_ADMISSIONS)
    def admission(self, asked: Asked, identifier: str) -> Admission:
        """Return an admission."""
        admission = self.admitted.get(identifier)
        if admission is None or not asked.actor.holds(READ_ADMISSIONS, admission.account):
            raise NotFound(f"There is no admission {identifier} now, or it is not yours.")
        return admission

    @answers("POST", "admissions/{identifier}/release", WRITE_ADMISSIONS, status=204)
    def release(self, asked: Asked, identifier: str) -> None:
        """Count an admission no longer."""
        asked.actor.require(WRITE_ADMISSIONS)
        self.admitted.pop(identifier, None)

    @answers("POST", "departures/{account}", WRITE_BOOKINGS, status=204)
    def erase_account(self, asked: Asked, account: str) -> None:
        """Forget what an account has booked and asked for."""
        asked.actor.require(WRITE_BOOKINGS)
        gone = {"account": "departed", "name": "departed"}
        for key, one in self.booked.items():
            if one.account == account:
                self.booked[key] = _cancelled(one).model_copy(update=gone)
        self.asked = {key: one for key, one in self.asked.items() if one.account != account}

    def forget(self, account: str) -> None:
        """Release all admissions of an account."""
        kept = {key: one for key, one in self.admitted.items() if one.account != account}
        self.admitted = kept


def first_packages() -> list[Package]:
    """Return the packages that a new platform has."""
    return [
        _package("tiny", "To look around", 0, 0, (1, 1.5, 1, 1, 1, 1)),
        _package("small", "For everyday work", 1, 1, (1, 2, 1, 2, 2, 5)),
        _package("medium", "For larger tables", 2, None, (2, 4, 2, 2, 4, 20)),
        _package("large", "For whole catalogues", 2, None, (4, 8, 4, 4, 8, 100)),
        _package("custom", "Cut to a project", 2, None, (4, 8, 4, 4, 8, 100)),
    ]


def _package(
    name: str, title: str, startable: int, default: int | None, sizes: tuple[float, ...]
) -> Package:
    """Return a package: front end, workers, a worker, in cores and GiB; disk, GiB."""
    front_cores, front_gib, workers, cores, gib, disk_gib = sizes
    return Package(
        name=name,
        title=title,
        limits=Limits(
            frontend=UnitLimits(cores=front_cores, memory_bytes=int(front_gib * GIB)),
            worker=UnitLimits(cores=cores, memory_bytes=int(gib * GIB)),
            worker_count=int(workers),
            disk_bytes=int(disk_gib * GIB),
        ),
        startable_from_level=Level(startable),
        bookable_from_level=BOOKABLE.get(name),
        is_custom=name == "custom",
        default_from_level=None if default is None else Level(default),
    )


def _check(edit: PackageEdit) -> None:
    limits, default = edit.limits, edit.default_from_level
    if limits.frontend.memory_bytes < LEAST_FRONTEND or limits.worker.memory_bytes < LEAST_WORKER:
        raise refused(InvalidRequest, "package-too-small", "Give each unit more memory.")
    if default is not None and default < edit.startable_from_level:
        message = "A level cannot get by default what it may not start."
        raise refused(InvalidRequest, "default-not-startable", message)
    says = (
        edit.longest_seconds,
        edit.furthest_seconds,
        edit.bookable_count,
        edit.is_custom or None,
    )
    if edit.bookable_from_level is None and any(one is not None for one in says):
        raise refused(InvalidRequest, "not-bookable", "Say from which level it can be booked.")


def _is_allowed(package: Package, request: AdmissionRequest) -> bool:
    if request.packages is not None:
        return package.name in request.packages
    return package.startable_from_level <= request.level


def _admission(request: AdmissionRequest, package: Package, *, is_spare: bool) -> Admission:
    return Admission(
        id=secrets.token_hex(16),
        account=request.account,
        level=request.level,
        server=request.server,
        package=package.name,
        sharing=Sharing.SHARED,
        cluster=EMBEDDED,
        limits=package.limits,
        admitted_at=utcnow(),
        until=None,
        is_interruptible=is_spare,
    )


def _same(admission: Admission, request: AdmissionRequest) -> bool:
    return (admission.account, admission.server) == (request.account, request.server)


def _fits(needed: Resources, room: Resources) -> bool:
    tolerance = 1e-6
    return needed.cores <= room.cores + tolerance and needed.memory_bytes <= room.memory_bytes


def _size(package: Package) -> tuple[int, float, int, str]:
    total = package.limits.total
    return (package.startable_from_level, total.cores, total.memory_bytes, package.name)


def _cancelled(booking: Booking) -> Booking:
    """Return a booking without what is still to come of it."""
    if booking.state not in {BookingState.BOOKED, BookingState.ACTIVE}:
        return booking
    spans = tuple(
        one.model_copy(update={"state": SpanState.CANCELLED}) if one.ends_at > utcnow() else one
        for one in booking.spans
    )
    return booking.model_copy(update={"state": BookingState.CANCELLED, "spans": spans})
