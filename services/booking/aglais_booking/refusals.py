"""Why booking says no: one class each, with a code for programs and a sentence for people."""

from __future__ import annotations

from aglais_hub.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unavailable

__all__ = [
    "BadRecurrenceError",
    "BookingInUseError",
    "BookingNotAllowedError",
    "BookingNotOnError",
    "BookingOverError",
    "DefaultNeededError",
    "DefaultNotStartableError",
    "EmbeddedPoolError",
    "EmptyCapacityError",
    "EndBeforeStartError",
    "EndlessRecurrenceError",
    "LeaseNotAllowedError",
    "MachinesAreReadError",
    "NoClusterError",
    "NoFeedError",
    "NoPoolError",
    "NoRoomError",
    "NoSuchTimeError",
    "NotBookableError",
    "OtherPackageError",
    "OverbookedError",
    "PackageExistsError",
    "PackageNotAllowedError",
    "PackageNotBookableError",
    "PackageTooLargeError",
    "PackageTooSmallError",
    "PlaceBeingFreedError",
    "PoolExistsError",
    "PoolInUseError",
    "RequestDecidedError",
    "SessionLimitError",
    "ShapeTooLargeError",
    "SharingNotBookableError",
    "SpanInPastError",
    "SpanTooLongError",
    "SpansOverlapError",
    "TooFarAheadError",
    "TooLateError",
    "TooManyAnswersError",
    "TooManyBookingsError",
    "TooManyRequestsError",
    "TooManySlotsError",
    "TooManySpansError",
    "TooMuchBookedError",
    "UnknownPackageError",
]


class UnknownPackageError(NotFound):
    """There is no package of this name."""

    code = "unknown-package"


class PackageNotAllowedError(Forbidden):
    """The account may not start this package without a booking."""

    code = "package-not-allowed"


class SessionLimitError(Conflict):
    """The account has as many sessions as it may have at once."""

    code = "session-limit"


class PackageTooLargeError(Conflict):
    """The whole pool could not hold the package, were it empty."""

    code = "package-too-large"


class NoFeedError(NotFound):
    """There is no calendar feed, or none any more."""

    code = "no-feed"


class NoRoomError(Unavailable):
    """The pool could hold the package, but not beside the sessions that run now."""

    code = "no-room"


class NoClusterError(Conflict):
    """The pool has no cluster yet on which a session could start."""

    code = "no-cluster"


class BookingNotOnError(Conflict):
    """The booking has not begun, or has a gap now."""

    code = "booking-not-on"


class BookingOverError(Conflict):
    """No more of the booking is to come."""

    code = "booking-over"


class BookingInUseError(Conflict):
    """The booking has a session already."""

    code = "booking-in-use"


class OtherPackageError(Conflict):
    """The booking is of another package than the one that is asked for."""

    code = "other-package"


class PlaceBeingFreedError(Unavailable):
    """Sessions on spare capacity are still in the booking's place, and are just ended."""

    code = "place-being-freed"


class PackageExistsError(Conflict):
    """The name is taken."""

    code = "package-exists"


class PackageTooSmallError(InvalidRequest):
    """Zeppelin or Spark would not run in it."""

    code = "package-too-small"


class DefaultNotStartableError(InvalidRequest):
    """A level would get a package by default that it may not start."""

    code = "default-not-startable"


class DefaultNeededError(Conflict):
    """A level would be left without the package that it gets when it asks for none."""

    code = "default-needed"


class NotBookableError(InvalidRequest):
    """A package says how it is booked, and that nobody may book it."""

    code = "not-bookable"


class PoolExistsError(Conflict):
    """The name is taken."""

    code = "pool-exists"


class PoolInUseError(Conflict):
    """Something refers to the pool."""

    code = "pool-in-use"


class EmbeddedPoolError(Conflict):
    """The pool that this machine is stays."""

    code = "embedded-pool"


class MachinesAreReadError(Conflict):
    """What the machines have is not entered by hand."""

    code = "machines-are-read"


class EmptyCapacityError(InvalidRequest):
    """An allocation, or a request, of nothing."""

    code = "nothing-asked"


class EndBeforeStartError(InvalidRequest):
    """A time that would end before it begins."""

    code = "end-before-start"


class TooManySlotsError(InvalidRequest):
    """A timeline of more slots than one answer holds."""

    code = "too-many-slots"


class RequestDecidedError(Conflict):
    """The request was approved, refused or withdrawn already."""

    code = "request-decided"


class NoSuchTimeError(InvalidRequest):
    """The clocks of the zone leave this time out."""

    code = "no-such-time"


class SpanInPastError(InvalidRequest):
    """A span would lie in the past."""

    code = "span-in-past"


class TooFarAheadError(InvalidRequest):
    """A span would start later than may be booked now."""

    code = "too-far-ahead"


class SpanTooLongError(InvalidRequest):
    """A span would be longer than the account may book."""

    code = "span-too-long"


class SpansOverlapError(InvalidRequest):
    """Two spans of one booking have a moment in common."""

    code = "spans-overlap"


class TooManySpansError(InvalidRequest):
    """A booking would have too many spans."""

    code = "too-many-spans"


class BadRecurrenceError(InvalidRequest):
    """A recurrence cannot be read, or chooses no day."""

    code = "bad-recurrence"


class EndlessRecurrenceError(InvalidRequest):
    """A recurrence says neither how often nor until when."""

    code = "endless-recurrence"


class PackageNotBookableError(Forbidden):
    """The account may not book this package."""

    code = "package-not-bookable"


class SharingNotBookableError(InvalidRequest):
    """Machines cannot be shared so with a booking, or not by this account, or not with this."""

    code = "sharing-not-bookable"


class ShapeTooLargeError(InvalidRequest):
    """The size that was chosen is larger than the package allows."""

    code = "shape-too-large"


class NoPoolError(Conflict):
    """No pool has machines at this site, with this hardware."""

    code = "no-pool"


class BookingNotAllowedError(Forbidden):
    """The account may not book at all."""

    code = "booking-not-allowed"


class TooManyBookingsError(Conflict):
    """The account has as many bookings as it may have at once."""

    code = "too-many-bookings"


class TooMuchBookedError(Conflict):
    """The account would have booked more time in a window than is fair."""

    code = "too-much-booked"


class OverbookedError(Conflict):
    """The pool has no room for this package for all of that time."""

    code = "overbooked"


class TooLateError(Conflict):
    """The booking or span is over, or was given back: nothing can be changed about it."""

    code = "too-late"


class TooManyRequestsError(Conflict):
    """The account has as many open requests as it may have at once."""

    code = "too-many-requests"


class TooManyAnswersError(Conflict):
    """The conversation about a request is as long as it can be."""

    code = "too-many-answers"


class LeaseNotAllowedError(Forbidden):
    """A lease that somebody wants at Blazar is beyond fair use, or of what is booked by others."""

    code = "lease-not-allowed"
