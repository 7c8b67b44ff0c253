"""One OAuth provider: asks it who somebody is, and believes no more than it can know."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any
from urllib.parse import urlsplit

import jwt
from jupyterhub.utils import url_path_join
from oauthenticator.oauth2 import OAuthenticator
from tornado.web import HTTPError

from aglais_authenticators.providers.claims import Claims, Person
from aglais_authenticators.providers.errors import (
    NotAdmittedError,
    ProviderDownError,
    ProviderGarbledError,
)
from aglais_authenticators.providers.kinds import Kind
from aglais_authenticators.providers.state import SpentStates

__all__ = ["Placed", "Provider"]

log = logging.getLogger(__name__)

DEADLINE_SECONDS = 25
"""For all requests of one login together; a browser waits for it."""

GARBLED = (
    HTTPError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    jwt.PyJWTError,
)
"""What oauthenticator raises where an answer is not what it should be."""

DESCRIBED = {
    "authorize_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "userdata_url": "userinfo_endpoint",
}
"""Addresses, by the word for them in an OpenID provider's description of itself."""


class Placed:
    """Mixed into a class of oauthenticator: it is one of several, at URLs of its own."""

    place = ""

    def get_callback_url(self, handler: Any = None) -> str:
        """Return where the provider sends the browser back to, as the browser knows this host."""
        path = url_path_join(handler.hub.base_url, "login/oauth", self.place, "callback")
        public = handler.settings.get("public_url")
        if public:
            return f"{public.scheme}://{public.netloc}{path}"
        return f"{handler.request.protocol}://{handler.request.host}{path}"


@dataclass
class Provider:
    """A provider of the configuration.

    Parameters
    ----------
    name
        In URLs, and in the identities of accounts.
    title
        For people.
    authenticator
        Speaks the protocol; never names a user.
    issuer
        Where an OpenID provider describes itself; none: all addresses are given.
    is_limited
        Whether the configuration lets only some of the provider's people in.
    """

    name: str
    title: str
    kind: Kind
    authenticator: OAuthenticator
    issuer: str | None = None
    is_limited: bool = False
    spent: SpentStates = field(default_factory=SpentStates)

    @property
    def icon(self) -> str:
        """The brand that the login page may show."""
        return self.kind.brand or self.name

    @property
    def login_path(self) -> str:
        """Where a login begins, below the Hub's own path."""
        return f"login/oauth/{self.name}"

    async def discover(self) -> None:
        """Learn an OpenID provider's addresses, once, when they are first needed.

        Raises
        ------
        ProviderDownError, ProviderGarbledError
            It does not answer, or answers for somebody else.
        """
        missing = [key for key in DESCRIBED if not getattr(self.authenticator, key)]
        if self.authenticator.userdata_from_id_token and "userdata_url" in missing:
            missing.remove("userdata_url")
        if not missing or self.issuer is None:
            return
        described = await self._asked(self._description(self.issuer))
        found = {key: described.get(DESCRIBED[key]) for key in missing}
        if not all(self._is_safe(address) for address in found.values()):
            raise self._garbled("describes itself without the addresses that are needed")
        for key, address in found.items():
            setattr(self.authenticator, key, address)
        # As the provider writes it, which is how its tokens say it.
        self.issuer = described["issuer"]

    async def _description(self, issuer: str) -> Claims:
        url = issuer.rstrip("/") + "/.well-known/openid-configuration"
        described: Claims = await self.authenticator.httpfetch(
            url, method="GET", validate_cert=self.authenticator.validate_server_cert
        )
        if described["issuer"].rstrip("/") != issuer.rstrip("/"):
            message = "another issuer"
            raise ValueError(message)
        return described

    def _is_safe(self, address: Any) -> bool:
        """Tell whether an address is as safe as the one that it was learnt from."""
        if not isinstance(address, str) or not urlsplit(address).hostname:
            return False
        return urlsplit(address).scheme in {"https", urlsplit(self.issuer or "").scheme}

    async def who(self, handler: Any) -> Person:
        """Return who came back from the provider with the code in the handler's request.

        Raises
        ------
        ProviderDownError, ProviderGarbledError, LoginStaleError
            The provider did not say it.
        NotAdmittedError
            The configuration lets only others in.
        """
        await self.discover()
        person: Person = await self._asked(self._ask(handler))
        return person

    async def _asked(self, answer: Any) -> Any:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await answer
        except TimeoutError:
            raise ProviderDownError(self.title) from None
        except GARBLED as wrong:
            # Only its class: the text may hold what the provider answered.
            raise self._garbled(f"answers what cannot be read ({type(wrong).__name__})") from None

    def _garbled(self, what: str) -> ProviderGarbledError:
        log.warning("%s: %s", self.title, what)
        return ProviderGarbledError(self.title)

    async def _ask(self, handler: Any) -> Person:
        speaker = self.authenticator
        asked = speaker.build_access_tokens_request_params(handler)
        asked.pop("data", None)
        tokens = {"token_type": "Bearer", **await speaker.get_token_info(handler, asked)}
        claims = dict(await speaker.token_to_user(tokens))
        self._compare(tokens.get("id_token"), claims)
        if self.kind.class_path.endswith(".GitHubOAuthenticator"):
            claims["verified_address"] = await self._verified_address(tokens)
        person = self.kind.read(claims)
        await self._admit(tokens, claims)
        return person

    def _compare(self, id_token: Any, claims: Claims) -> None:
        """Check that an ID token, where there is one, is for us and about the same person.

        OpenID Connect Core 1.0, 5.3.2. The signature need not be checked: the token came from the
        provider itself, over TLS (3.1.3.7).
        """
        if not isinstance(id_token, str) or not self.kind.speaks_openid:
            return
        said = jwt.decode(
            id_token,
            audience=self.authenticator.client_id,
            issuer=self.issuer,
            leeway=60,
            options={
                "verify_signature": False,
                "verify_aud": True,
                "verify_exp": True,
                "verify_iss": self.issuer is not None,
            },
        )
        if said["sub"] != claims["sub"]:
            message = "an ID token about somebody else"
            raise ValueError(message)

    async def _verified_address(self, tokens: Mapping[str, Any]) -> str | None:
        """Return GitHub's primary address, if it is verified and the scope lets us see it."""
        granted = str(tokens.get("scope", "")).replace(",", " ").split()
        if not {"user", "user:email"}.intersection(granted):
            return None
        listed = await self.authenticator.httpfetch(
            f"{self.authenticator.github_api}/user/emails",
            method="GET",
            headers=self.authenticator.build_userdata_request_headers(
                tokens["access_token"], tokens["token_type"]
            ),
            validate_cert=self.authenticator.validate_server_cert,
        )
        primary = (entry for entry in listed if entry["primary"] is True)
        return next((entry["email"] for entry in primary if entry["verified"] is True), None)

    async def _admit(self, tokens: Mapping[str, Any], claims: dict[str, Any]) -> None:
        """Ask the class whether it lets this person in, where the configuration limits it."""
        speaker = self.authenticator
        state = speaker.build_auth_state_dict(tokens, claims)
        state = await state if isawaitable(state) else state
        model: dict[str, Any] = {"name": "", "admin": None, "auth_state": state}
        if self.is_limited or speaker.blocked_users:
            model["name"] = speaker.normalize_username(speaker.user_info_to_username(claims))
            model = await speaker.update_auth_model(model)
        if self.is_limited and speaker.manage_groups:
            model["groups"] = sorted(await speaker.get_user_groups(state))
        is_blocked = not speaker.check_blocked_users(model["name"], model)
        if is_blocked or (self.is_limited and not await self._is_allowed(model)):
            raise NotAdmittedError(
                f"{self.title} knows you, but only some of its people may log in here. Please use "
                "another way in, or ask the administrators."
            )

    async def _is_allowed(self, model: dict[str, Any]) -> bool:
        try:
            return bool(await self.authenticator.check_allowed(model["name"], model))
        except HTTPError as refused:
            if refused.status_code != 403:
                raise
            return False
