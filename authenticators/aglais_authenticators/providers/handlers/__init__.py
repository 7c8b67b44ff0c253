"""The Hub's URLs of OAuth providers: there, back, and what is asked in between."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Any

from oauthenticator.oauth2 import OAuthCallbackHandler

from aglais_authenticators.providers.handlers.back import Callback
from aglais_authenticators.providers.handlers.choice import Choosing
from aglais_authenticators.providers.handlers.there import Link, Login, UnknownProvider
from aglais_authenticators.providers.provider import Provider

__all__ = ["provider_routes"]


def provider_routes(providers: Mapping[str, Provider]) -> list[tuple[str, type]]:
    """Return the Hub's URLs of all providers, and one that says that there is no other."""
    routes: list[tuple[str, type]] = []
    for provider in providers.values():
        routes += _routes(provider)
    return [*routes, ("/login/oauth/.*", UnknownProvider)]


def _routes(provider: Provider) -> Iterable[tuple[str, type]]:
    """Return the URLs of one provider; its class may have a way of its own to send people there."""
    leading = provider.authenticator.login_handler
    path = f"/{provider.login_path}"
    yield path, _of(provider, Login, leading)
    yield f"{path}/link", _of(provider, Link, leading)
    yield f"{path}/callback", _of(provider, Callback, OAuthCallbackHandler)
    yield f"{path}/choice", _of(provider, Choosing)


def _of(provider: Provider, *bases: type) -> type:
    def fill(members: dict[str, Any]) -> None:
        members["provider"] = provider

    return types.new_class(bases[0].__name__, bases, exec_body=fill)
