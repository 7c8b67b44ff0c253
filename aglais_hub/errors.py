"""What can go wrong, one class each: rendered once, at the border, as JSON or as a page."""

from __future__ import annotations

__all__ = [
    "AglaisError",
    "BuildError",
    "Conflict",
    "Forbidden",
    "InvalidRequest",
    "NotFound",
    "OperatorError",
    "PayloadTooLarge",
    "PreconditionFailed",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "error_of",
]


class AglaisError(Exception):
    """Something that the person or program who asked has to know.

    Parameters
    ----------
    message
        For the user: what happened, to what, what to do next.
    retry_after
        Seconds after which trying again makes sense.
    """

    code = "error"
    status = 500

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after

    def as_dict(self) -> dict[str, object]:
        """Return the body of the answer over REST."""
        return {"status": self.status, "code": self.code, "message": self.message}


class InvalidRequest(AglaisError):
    """The request says something that cannot be meant."""

    code = "invalid-request"
    status = 400


class Unauthorized(AglaisError):
    """Nobody, or nobody known, is asking."""

    code = "unauthorized"
    status = 401


class Forbidden(AglaisError):
    """Who asks is known and may not."""

    code = "forbidden"
    status = 403


class NotFound(AglaisError):
    """There is no such thing."""

    code = "not-found"
    status = 404


class Conflict(AglaisError):
    """The request is right, the state of things is against it."""

    code = "conflict"
    status = 409


class PreconditionFailed(AglaisError):
    """The thing has changed since it was read."""

    code = "changed-meanwhile"
    status = 412


class PayloadTooLarge(AglaisError):
    """The body is over the limit."""

    code = "too-large"
    status = 413


class TooManyRequests(AglaisError):
    """A bound is reached; later it will work."""

    code = "too-many"
    status = 429


class Unavailable(AglaisError):
    """A part that this needs does not answer."""

    code = "unavailable"
    status = 503


class OperatorError(Exception):
    """Something on the machine that whoever runs the platform has to know, in one sentence.

    The command line ends with that sentence; people in the browser are never shown it.
    """

    code = "platform"


class BuildError(OperatorError):
    """Something that sessions need could not be built."""

    code = "build"


def _families() -> dict[int, type[AglaisError]]:
    return {family.status: family for family in AglaisError.__subclasses__()}


def error_of(status: int, code: str, message: str, retry_after: int | None = None) -> AglaisError:
    """Rebuild the error that a service answered with.

    The class is that of the status; the code stays that of the service.
    """
    error = _families().get(status, AglaisError)(message, retry_after=retry_after)
    error.status = status
    error.code = code
    return error
