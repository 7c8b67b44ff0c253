"""Providers from configuration: closed, checked by name, and told in one line what is wrong."""

from __future__ import annotations

import ipaddress
import types
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.auth import Authenticator
from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthenticator, OAuthLoginHandler
from pydantic import TypeAdapter, ValidationError
from traitlets import TraitError

from aglais_authenticators.providers.kinds import KINDS, Kind, other_kind
from aglais_authenticators.providers.outgoing import REQUEST_LIMITS, Outgoing
from aglais_authenticators.providers.provider import Placed, Provider
from aglais_hub.config import ConfigurationError, unknown_setting
from aglais_hub.models.identities import EMAIL
from aglais_hub.models.identities import Provider as ProviderName

__all__ = ["check_providers", "open_providers"]

NAME: TypeAdapter[str] = TypeAdapter(ProviderName)

OURS = {"class", "title", "client_secret_file", "issuer", "subject_claim"}
"""What the configuration says besides traits of the class."""

LIMITING = {"allowed_users", "blocked_users", "manage_groups"}
"""Traits of JupyterHub's own class that say whom the provider lets in."""

ELSEWHERE = {
    "admin_google_groups", "admin_groups", "allow_all", "allow_existing_users",
    "claim_groups_key", "login_service", "logout_redirect_url", "oauth_callback_url",
    "refresh_user_hook",
}  # fmt: skip
"""Traits of oauthenticator that would say what the accounts service or the Hub decides."""

ADDRESSES = ("issuer", "authorize_url", "token_url", "userdata_url")


def check_providers(configuration: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Refuse a configuration that cannot be meant; returns what people call its providers.

    Raises
    ------
    ConfigurationError
        In one line, with the provider's and the key's name.
    """
    return {name: one.title for name, one in open_providers(configuration).items()}


def open_providers(configuration: Mapping[str, Mapping[str, Any]]) -> dict[str, Provider]:
    """Return the providers of a configuration, by name.

    Raises
    ------
    ConfigurationError
        Something in it is not known or cannot be; in one line, by name.
    """
    return {name: _provider(name, given) for name, given in configuration.items()}


def _provider(name: str, given: Any) -> Provider:
    _check_name(name)
    if not isinstance(given, Mapping):
        raise _wrong(name, "it is not a table of settings")
    kind = _kind(name, given)
    base = _class(name, kind)
    _check_keys(name, given, base, kind)
    title = str(given.get("title") or kind.title)
    issuer = given.get("issuer") or _preset_issuer(kind, given)
    authenticator = _authenticator(name, base, title, _traits(name, given, kind))
    for key in ADDRESSES:
        _check_address(name, key, issuer if key == "issuer" else getattr(authenticator, key))
    _check_complete(name, authenticator, issuer)
    return Provider(
        name=name,
        title=title,
        kind=kind,
        authenticator=authenticator,
        issuer=issuer,
        is_limited=any(key.startswith("allowed_") for key in given),
    )


def _check_name(name: str) -> None:
    try:
        NAME.validate_python(name)
    except ValidationError:
        raise _wrong(name, "names are small letters, digits and -, at most 32") from None
    if name == EMAIL:
        raise _wrong(name, "this name stands for e-mail and password, choose another")


def _kind(name: str, given: Mapping[str, Any]) -> Kind:
    word = given.get("class")
    if not isinstance(word, str):
        raise _wrong(name, f"class is missing: {', '.join(KINDS)}, or the path of a class")
    if "." in word:
        if not given.get("subject_claim"):
            raise _wrong(
                name,
                "subject_claim is missing: which claim stands for the person and never changes",
            )
        return other_kind(word, str(given["subject_claim"]))
    if word not in KINDS:
        raise _wrong(name, f"class: {word} is none of {', '.join(KINDS)}, nor the path of a class")
    return KINDS[word]


def _class(name: str, kind: Kind) -> type[OAuthenticator]:
    module, _, word = kind.class_path.rpartition(".")
    try:
        found = getattr(import_module(module), word)
    except (ImportError, AttributeError):
        raise _wrong(name, f"class: there is no {kind.class_path} installed") from None
    speaks = isinstance(found, type) and issubclass(found, OAuthenticator)
    if not (
        speaks
        and issubclass(found.login_handler, OAuthLoginHandler)
        and found.callback_handler is OAuthCallbackHandler
    ):
        raise _wrong(
            name, f"class: {kind.class_path} does not speak OAuth 2 as oauthenticator does"
        )
    return found  # type: ignore[no-any-return]


def _check_keys(
    name: str, given: Mapping[str, Any], base: type[OAuthenticator], kind: Kind
) -> None:
    known = _settable(base) | OURS
    if not kind.speaks_openid:
        known -= {"issuer"}
    if kind in KINDS.values():
        known -= {"subject_claim"}
    for key in given:
        if key in ELSEWHERE:
            raise _wrong(name, f"{key} is not for providers; the accounts service decides it")
        if key not in known:
            raise _wrong(name, unknown_setting(key, known, "docs/how-to/login-providers.md"))


def _settable(base: type[OAuthenticator]) -> set[str]:
    of_hub = set(Authenticator.class_trait_names(config=True))
    deprecated = set(base._deprecated_oauth_aliases)  # noqa: SLF001 - it has no other name
    own = set(base.class_trait_names(config=True)) - of_hub - deprecated
    return (own | LIMITING) - ELSEWHERE


def _preset_issuer(kind: Kind, given: Mapping[str, Any]) -> str | None:
    """Return where the kind's addresses are found, unless other addresses are given."""
    return None if any(key in given for key in ADDRESSES) else kind.issuer


def _traits(name: str, given: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    traits = {**kind.traits, **{key: given[key] for key in given if key not in OURS}}
    if "client_secret_file" in given:
        if "client_secret" in given:
            raise _wrong(name, "client_secret and client_secret_file are both given; choose one")
        traits["client_secret"] = _secret_in(name, Path(str(given["client_secret_file"])))
    for key in ("client_id", "client_secret"):
        if not traits.get(key):
            raise _wrong(name, f"{key} is missing; the provider gave it when you registered")
    requests = traits.get("http_request_kwargs", {})
    if isinstance(requests, dict):
        traits["http_request_kwargs"] = {**REQUEST_LIMITS, **requests}
    if "allowed_groups" in given:
        traits.setdefault("manage_groups", True)
    return traits


def _secret_in(name: str, file: Path) -> str:
    try:
        if file.stat().st_mode & 0o007:
            raise _wrong(name, f"everybody can read {file}; chmod 600 {file}")
        return file.read_text().strip()
    except (OSError, ValueError):
        raise _wrong(name, f"client_secret_file: {file} cannot be read") from None


def _authenticator(
    name: str, base: type[OAuthenticator], title: str, traits: dict[str, Any]
) -> OAuthenticator:
    placed = types.new_class(base.__name__, (Placed, base))
    try:
        made = placed(http_client=Outgoing(title), **traits)
    except (TraitError, ValueError) as wrong:
        raise _wrong(name, _without_values(wrong, traits)) from None
    made.place = name
    return made


def _without_values(wrong: Exception, traits: Mapping[str, Any]) -> str:
    """Return the first line of what traitlets says; it may quote a value, but no secret one."""
    line = str(wrong).splitlines()[0]
    if str(traits["client_secret"]) in line:
        return "client_id and client_secret must be texts"
    return line


def _check_address(name: str, key: str, address: Any) -> None:
    """Refuse an address that anybody on the way could answer for."""
    if not address:
        return
    parts = urlsplit(str(address))
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not _is_this_machine(parts.hostname or ""):
        raise _wrong(name, f"{key}: {address} does not begin with https://")


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_complete(name: str, authenticator: OAuthenticator, issuer: str | None) -> None:
    if issuer:
        return
    for key in ("authorize_url", "token_url"):
        if not getattr(authenticator, key):
            raise _wrong(name, f"{key} is missing, or an issuer that says it")
    if not authenticator.userdata_url and not authenticator.userdata_from_id_token:
        raise _wrong(name, "userdata_url is missing, or an issuer that says it")


def _wrong(name: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"AGLAIS_PROVIDERS: {name}: {what.rstrip('.')}.")
