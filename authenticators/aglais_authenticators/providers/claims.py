"""Who somebody is, as a provider says it: which claim is the person, which is only a label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from aglais_hub.models.identities import Address

__all__ = [
    "Claims",
    "Person",
    "Reader",
    "facebook",
    "github",
    "gitlab",
    "openid",
    "orcid",
    "subject_in",
]

Claims = Mapping[str, Any]

LONGEST_SUBJECT = 254
LONGEST_LABEL = 254
LONGEST_NAME = 80

ADDRESS: TypeAdapter[str] = TypeAdapter(Address)


@dataclass(frozen=True)
class Person:
    """Somebody at a provider.

    Parameters
    ----------
    subject
        The provider's own name for the person, which never changes and is never given to
        somebody else. A login name is none: people change it, and others take it.
    label
        For people, to tell identities apart.
    address
        E-mail address, in one spelling; none where there is none that can be one.
    is_address_verified
        Whether the provider says that it has seen that the address is theirs.
    """

    subject: str
    label: str
    address: str | None = None
    is_address_verified: bool = False
    display_name: str | None = None
    wished_name: str | None = None


Reader = Callable[[Claims], Person]
"""Reads a person out of claims.

Raises
------
ValueError
    The claims do not say who it is.
"""


def openid(claims: Claims) -> Person:
    """Read what OpenID Connect calls the standard claims; Google's older names, too."""
    verified = claims.get("email_verified", claims.get("verified_email"))
    # Google's first userinfo endpoint, which oauthenticator asks, says `id` for the same number.
    return _person(
        _subject(claims.get("sub") or claims.get("id")),
        claims,
        labels=("preferred_username", "email", "name"),
        wished="preferred_username",
        # Some providers say it as a text.
        is_address_verified=verified is True or verified == "true",
    )


def orcid(claims: Claims) -> Person:
    """Read ORCID's claims: the iD is both the person and what people know them by."""
    given = (_text(claims.get(part), LONGEST_NAME) for part in ("given_name", "family_name"))
    name = " ".join(filter(None, given))
    subject = _subject(claims.get("sub"))
    return _person(subject, {"name": name, **claims, "orcid": subject}, labels=("orcid",))


def github(claims: Claims) -> Person:
    """Read GitHub's `/user`; `verified_address` is what its `/user/emails` added."""
    verified = claims.get("verified_address")
    return _person(
        _number(claims.get("id")),
        {**claims, "email": verified or claims.get("email")},
        labels=("login",),
        wished="login",
        is_address_verified=bool(verified),
    )


def gitlab(claims: Claims) -> Person:
    """Read GitLab's `/user`: an account whose address was confirmed says since when."""
    return _person(
        _number(claims.get("id")),
        claims,
        labels=("username",),
        wished="username",
        is_address_verified=bool(claims.get("confirmed_at")),
    )


def facebook(claims: Claims) -> Person:
    """Read the Graph API's `/me`; it does not say whether an address was seen to be theirs."""
    return _person(_subject(claims.get("id")), claims, labels=("name", "email"))


def subject_in(claim: str) -> Reader:
    """Return a reader for a provider whose stable claim the configuration names."""

    def read(claims: Claims) -> Person:
        return _person(
            _subject(claims.get(claim)),
            claims,
            labels=("preferred_username", "username", "login", "email", "name"),
            wished="preferred_username",
            is_address_verified=claims.get("email_verified") is True,
        )

    return read


def _person(
    subject: str,
    claims: Claims,
    *,
    labels: tuple[str, ...],
    wished: str | None = None,
    is_address_verified: bool = False,
) -> Person:
    found = (_text(claims.get(claim), LONGEST_LABEL) for claim in labels)
    address = _address(claims.get("email"))
    return Person(
        subject=subject,
        label=next(filter(None, found), subject),
        address=address,
        is_address_verified=address is not None and is_address_verified,
        display_name=_text(claims.get("name"), LONGEST_NAME),
        wished_name=_text(wished and claims.get(wished), LONGEST_LABEL)
        or (address and address.partition("@")[0])
        or None,
    )


def _subject(given: Any) -> str:
    """Return a subject as a text; numbers are texts of their digits, truths are none."""
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str) or not 1 <= len(given) <= LONGEST_SUBJECT:
        message = "no subject"
        raise ValueError(message)
    if not given.isprintable() or given != given.strip():
        message = "a subject that is no text"
        raise ValueError(message)
    return given


def _number(given: Any) -> str:
    """Return a subject that must be a number: where it is none, a login name may stand there."""
    subject = _subject(given)
    if not (subject.isascii() and subject.isdigit()):
        message = "a subject that is no number"
        raise ValueError(message)
    return subject


def _text(given: Any, longest: int) -> str | None:
    if not isinstance(given, str):
        return None
    printable = "".join(letter for letter in given if letter.isprintable())
    return printable.strip()[:longest].strip() or None


def _address(given: Any) -> str | None:
    try:
        return ADDRESS.validate_python(given)
    except ValidationError:
        return None
