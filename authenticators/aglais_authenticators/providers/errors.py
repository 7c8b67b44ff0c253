"""What can go wrong at a provider, one class each; the sentence is for who wanted to log in."""

from __future__ import annotations

from aglais_hub.errors import (
    AglaisError,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    Unavailable,
)

__all__ = [
    "PROVIDER_ERRORS",
    "ChoiceLostError",
    "LinkLostError",
    "LoginDeniedError",
    "LoginStaleError",
    "NotAdmittedError",
    "ProviderDownError",
    "ProviderGarbledError",
    "ProviderUnknownError",
]

RETRY_SECONDS = 30


class ProviderUnknownError(NotFound):
    """No provider of this name is in the configuration."""

    code = "provider-unknown"


class ProviderDownError(Unavailable):
    """The provider does not answer, or not in time, or says that it cannot."""

    code = "provider-down"

    def __init__(self, title: str) -> None:
        super().__init__(
            f"{title} does not answer. Please try again in a moment, or use another way in.",
            retry_after=RETRY_SECONDS,
        )


class ProviderGarbledError(Unavailable):
    """The provider answers something that does not say who somebody is."""

    code = "provider-garbled"

    def __init__(self, title: str) -> None:
        super().__init__(
            f"{title} did not say who you are. Please use another way in; the administrators can "
            "see why.",
        )


class LoginStaleError(InvalidRequest):
    """The way back from a provider was taken twice, too late, or begun by somebody else."""

    code = "login-stale"

    def __init__(self) -> None:
        super().__init__(
            "This login was used already, took too long, or was begun in another browser. "
            "Please start again."
        )


class LoginDeniedError(Forbidden):
    """Somebody said no at the provider."""

    code = "login-denied"


class NotAdmittedError(Forbidden):
    """The provider knows who it is, and the configuration lets only others in."""

    code = "not-admitted"


class LinkLostError(Conflict):
    """Whoever wanted to link an identity is no longer logged in."""

    code = "link-lost"


class ChoiceLostError(Conflict):
    """The choice between a guest's session and an account is no longer to be made."""

    code = "choice-lost"


PROVIDER_ERRORS: tuple[type[AglaisError], ...] = (
    ProviderUnknownError,
    ProviderDownError,
    ProviderGarbledError,
    LoginStaleError,
    LoginDeniedError,
    NotAdmittedError,
    LinkLostError,
    ChoiceLostError,
)
"""Those that the page of providers' troubles shows."""
