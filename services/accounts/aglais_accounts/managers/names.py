"""Names that people may choose, and names that resemble what they would like."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from pydantic import TypeAdapter, ValidationError

from aglais_accounts.managers.base import GUEST_PREFIX
from aglais_hub.errors import InvalidRequest
from aglais_hub.models import AccountName

__all__ = ["NameReservedError", "candidates", "check_choice", "is_choosable"]

RESERVED = frozenset(
    {
        "abuse", "account", "accounts", "admin", "administrator", "aglais", "anonymous", "api",
        "contact", "departed", "guest", "guests", "help", "hostmaster", "hub", "info", "login",
        "logout", "me", "moderator", "new", "nobody", "none", "noreply", "null", "operator",
        "owner", "postmaster", "public", "register", "root", "security", "self", "service",
        "services", "shared", "signup", "staff", "status", "support", "sysadmin", "system",
        "undefined", "user", "users", "webmaster", "www",
    }
)  # fmt: skip
"""Names that would be taken for somebody, or something, else."""

LONGEST = 32
"""Characters of a name that is made up; people may choose longer ones."""

FALLBACK = "member"
"""What somebody is called whose wish has no letter that a name may have."""

_name = TypeAdapter(AccountName)


class NameReservedError(InvalidRequest):
    """The name would be taken for somebody, or something, else."""

    code = "name-reserved"


def is_choosable(name: str) -> bool:
    """Tell whether a person may be called so, if nobody is yet."""
    return name not in RESERVED and not name.startswith(GUEST_PREFIX)


def check_choice(name: str, kept: Collection[str]) -> None:
    """Refuse a name that nobody may choose.

    Parameters
    ----------
    kept
        Names that this platform keeps besides.

    Raises
    ------
    NameReservedError
        It is kept for guests, or for those who run the platform.
    """
    if name in kept or not is_choosable(name):
        raise NameReservedError(
            f"The name {name} is kept for the platform itself; choose another one."
        )


def candidates(wishes: Iterable[str | None]) -> list[str]:
    """Return names that resemble the first wish that can be one, best first.

    Parameters
    ----------
    wishes
        What a provider calls somebody: names, addresses, whatever there is.
    """
    base = next(filter(None, map(_slug, wishes)), FALLBACK)
    return list(_variants(base))


def _variants(base: str) -> Iterator[str]:
    yield base
    for number in range(2, 10):
        yield f"{base}-{number}"
    # Where many are called the same, chance finds a free one sooner than counting.
    for _ in range(3):
        yield f"{base}-{secrets.token_hex(3)}"


def _slug(wish: str | None) -> str | None:
    """Return a wish as a name, if something of it is left."""
    plain = unicodedata.normalize("NFKD", (wish or "").partition("@")[0]).lower()
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    words = re.sub(r"[^a-z0-9._]+", "-", letters).lstrip("._-0123456789")[:LONGEST]
    name = re.sub(r"[._-]{2,}", "-", words).rstrip("._-")
    return name if _is_name(name) and is_choosable(name) else None


def _is_name(text: str) -> bool:
    try:
        _name.validate_python(text)
    except ValidationError:
        return False
    return True
