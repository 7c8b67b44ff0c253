"""Why booking says no: one class each, with a code for programs and a sentence for people."""

from __future__ import annotations

from aglais_hub.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unavailable

__all__ = [
    "DefaultNeededError",
    "DefaultNotStartableError",
    "NoRoomError",
    "PackageExistsError",
    "PackageNotAllowedError",
    "PackageTooLargeError",
    "PackageTooSmallError",
    "SessionLimitError",
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


class NoRoomError(Unavailable):
    """The pool could hold the package, but not beside the sessions that run now."""

    code = "no-room"


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
