"""What accounts log in with, and how somebody comes in with it."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from aglais_hub.models import AccountName, Model, Moment
from aglais_hub.models.accounts import Account

__all__ = [
    "EMAIL",
    "Address",
    "AddressChange",
    "AddressChangeRequest",
    "Confirmation",
    "ConfirmationRequest",
    "Identity",
    "IdentityRequest",
    "LoginToken",
    "LoginTokenRedemption",
    "LoginTokenRequest",
    "NextPath",
    "PasswordChange",
    "PasswordLogin",
    "PasswordReset",
    "PasswordResetRequest",
    "Provider",
    "Registration",
    "ResendRequest",
    "Signup",
    "SignupRequest",
    "TokenLogin",
    "Visit",
    "VisitRequest",
]

EMAIL = "email"
"""The provider of identities that are e-mail addresses."""


def _address(text: str) -> str:
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as wrong:
        raise ValueError(str(wrong)) from None
    return found.normalized.lower()


Address = Annotated[str, StringConstraints(max_length=254), AfterValidator(_address)]
"""An e-mail address in one spelling, so that the same address is the same text."""

Provider = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
"""Name of an OAuth provider in the configuration, or ``email``."""


def _stays_here(path: str) -> str:
    """Refuse what would be another host, or another line, for who decodes it once more."""
    plain, before = path, ""
    while plain != before:
        before, plain = plain, unquote(plain)
    place = re.split("[?#]", plain, maxsplit=1)[0]
    if "//" in place or "\\" in place or CONTROLS.search(plain):
        message = "write a path on this platform, such as /hub/home"
        raise ValueError(message)
    return path


CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

NextPath = Annotated[
    str,
    StringConstraints(max_length=500, pattern=r"^/([^/\\\x00-\x20][^\\\x00-\x20]*)?$"),
    AfterValidator(_stays_here),
]
"""Where to go afterwards: a path on this platform, never another host."""

Password = Annotated[SecretStr, Field(min_length=1, max_length=1000)]

Secret = Annotated[SecretStr, Field(min_length=1, max_length=200)]
"""A code, or what a browser is known by."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]

ProviderLabel = Annotated[
    str, StringConstraints(min_length=1, max_length=254, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""What a provider calls somebody: one line, since mails quote it."""

CameFrom = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Identity(Model):
    """What an account logs in with."""

    id: str
    account: AccountName
    provider: Provider
    subject: str = Field(description="The address, or the provider's own name for the person")
    label: str = Field(description="For people")
    created_at: Moment
    last_used_at: Moment | None


class IdentityRequest(Model):
    """A provider says who somebody is; to be linked to an account."""

    provider: Provider
    subject: str = Field(min_length=1, max_length=254)
    label: ProviderLabel


class SignupRequest(Model):
    """Somebody wants an account, and says an address and a password."""

    address: Address = Field(title="E-mail")
    password: Password
    name: AccountName | None = Field(
        default=None, title="User name", description="None: one is made up"
    )
    display_name: Label | None = Field(default=None, title="Your name")
    guest: AccountName | None = Field(
        default=None, description="Guest that is to become a member and keeps its work"
    )
    browser: Secret | None = Field(
        default=None, description="What the browser is known by that may log in by confirming"
    )
    next: NextPath | None = Field(default=None, description="Where to go after confirming")
    came_from: CameFrom = Field(description="Network address that the request came from")


class Signup(Model):
    """A mail is on its way to who signed up; the same answer whoever has the address."""

    address: Address
    expires_at: Moment = Field(description="Until when the address can be confirmed")


class ResendRequest(Model):
    """The mail of a sign-up did not come; asked for by the browser that signed up."""

    address: Address
    browser: Secret | None = Field(
        default=None, description="What was said when signing up; another one changes nothing"
    )
    came_from: CameFrom


class ConfirmationRequest(Model):
    """The code of a mail's link."""

    code: Secret
    browser: Secret | None = None
    came_from: CameFrom


class Confirmation(Model):
    """What a code has confirmed."""

    account: Account
    purpose: str = Field(description="signup, take-address or leave-address")
    is_same_browser: bool = Field(description="Whether the browser that signed up confirms")
    is_complete: bool = Field(description="Whether nothing else has to be confirmed")
    next: NextPath | None


class PasswordLogin(Model):
    """An address and a password."""

    address: Address
    password: Password
    came_from: CameFrom


class PasswordResetRequest(Model):
    """Somebody forgot a password."""

    address: Address
    came_from: CameFrom


class PasswordReset(Model):
    """The code of the mail, and the new password."""

    code: Secret
    password: Password
    came_from: CameFrom


class PasswordChange(Model):
    """Another password; the present one is asked for where there is one."""

    current: Password | None = None
    password: Password


class AddressChangeRequest(Model):
    """Another e-mail address for an account."""

    address: Address = Field(title="New e-mail")


class AddressChange(Model):
    """An account that moves to another address, when both are confirmed."""

    account: AccountName
    old: Address | None = Field(description="None: it has none yet, and only the new one counts")
    new: Address
    old_confirmed_at: Moment | None
    new_confirmed_at: Moment | None
    expires_at: Moment


class LoginTokenRequest(Model):
    """Another site or machine asks to log somebody in."""

    purpose: str = Field(default="login", pattern=r"^[a-z][a-z0-9-]{0,15}$")
    next: NextPath | None = Field(default=None, description="Where the browser goes then")


class LoginToken(Model):
    """A URL that logs somebody in, once."""

    url: str
    expires_at: Moment


class LoginTokenRedemption(Model):
    """A login token that a browser came with."""

    token: Secret
    purpose: str = Field(default="login", pattern=r"^[a-z][a-z0-9-]{0,15}$")
    came_from: CameFrom


class TokenLogin(Model):
    """Whom a login token logs in."""

    account: Account
    next: NextPath | None


class VisitRequest(Model):
    """Somebody came back from an OAuth provider, which says who it is."""

    provider: Provider
    subject: str = Field(min_length=1, max_length=254)
    label: ProviderLabel
    address: Address | None = None
    is_address_verified: bool = Field(
        default=False, description="Whether the provider has seen that the address is theirs"
    )
    display_name: Label | None = None
    wished_name: str | None = Field(default=None, max_length=254)
    guest: AccountName | None = Field(default=None, description="Guest that comes as a member now")
    came_from: CameFrom


class Visit(Model):
    """Who came: a known account, or somebody who may register with a code."""

    account: Account | None
    code: str | None = Field(description="For the registration; an hour, once")
    name: AccountName | None = Field(description="A free name that resembles the wished one")
    needs_address: bool = Field(
        description="Whether an address is to be asked for: the provider gave none that is "
        "verified and free"
    )
    doors: tuple[Provider, ...] = Field(
        default=(),
        description="How the account is entered that has this verified address: log in so, and "
        "link the provider there",
    )


class Registration(Model):
    """What is asked between a first login at a provider and the account."""

    code: Secret
    name: AccountName | None = Field(default=None, title="User name")
    display_name: Label | None = Field(default=None, title="Your name")
    address: Address | None = Field(
        default=None, title="E-mail", description="Where warnings go; it is confirmed by a mail"
    )
    came_from: CameFrom
