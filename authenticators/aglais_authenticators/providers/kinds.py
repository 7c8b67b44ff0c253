"""The kinds of providers: which of oauthenticator's classes, what it asks for, how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aglais_authenticators.providers.claims import (
    Reader,
    facebook,
    github,
    gitlab,
    openid,
    orcid,
    subject_in,
)

__all__ = ["KINDS", "Kind", "other_kind"]

GENERIC = "oauthenticator.generic.GenericOAuthenticator"
FACEBOOK_VERSION = "v23.0"
GRAPH = f"https://graph.facebook.com/{FACEBOOK_VERSION}"


@dataclass(frozen=True)
class Kind:
    """A kind of provider.

    Parameters
    ----------
    class_path
        The class of oauthenticator, or of somebody else, that speaks the protocol.
    read
        Reads who it is out of what the class returns.
    traits
        What the class is told where the configuration says nothing else.
    brand
        Whose sign the login page shows; none: that of the provider's name, if there is one.
    issuer
        Address that an OpenID provider's own description lies below; none: addresses are given.
    speaks_openid
        Whether the configuration may say `issuer` instead of three addresses.
    """

    class_path: str
    read: Reader
    title: str
    brand: str = ""
    traits: Mapping[str, Any] = field(default_factory=dict)
    issuer: str | None = None
    speaks_openid: bool = False


KINDS = {
    "github": Kind(
        "oauthenticator.github.GitHubOAuthenticator",
        github,
        "GitHub",
        "github",
        {"scope": ["user:email"]},
    ),
    "gitlab": Kind(
        "oauthenticator.gitlab.GitLabOAuthenticator",
        gitlab,
        "GitLab",
        "gitlab",
        {"scope": ["read_user"]},
    ),
    "google": Kind(
        "oauthenticator.google.GoogleOAuthenticator",
        openid,
        "Google",
        "google",
        {"scope": ["openid", "email", "profile"]},
    ),
    "facebook": Kind(
        GENERIC,
        facebook,
        "Facebook",
        "facebook",
        {
            "authorize_url": f"https://www.facebook.com/{FACEBOOK_VERSION}/dialog/oauth",
            "token_url": f"{GRAPH}/oauth/access_token",
            "userdata_url": f"{GRAPH}/me",
            "userdata_params": {"fields": "id,name,email"},
            "scope": ["public_profile", "email"],
        },
    ),
    "orcid": Kind(
        GENERIC,
        orcid,
        "ORCID",
        "orcid",
        {"scope": ["openid"]},
        issuer="https://orcid.org",
        speaks_openid=True,
    ),
    "oidc": Kind(
        GENERIC,
        openid,
        "OpenID",
        "",
        {"scope": ["openid", "email", "profile"]},
        speaks_openid=True,
    ),
}
"""By the word that the configuration says for `class`."""


def other_kind(class_path: str, subject_claim: str) -> Kind:
    """Return the kind of a class that is named by its path."""
    return Kind(class_path, subject_in(subject_claim), class_path.rpartition(".")[2])
