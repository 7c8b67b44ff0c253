"""Who holds a token: asked of the Hub, believed for five seconds, asked once for all who wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import aiohttp
from jupyterhub.httpclient import fetch
from jupyterhub.services.auth import HubAuth
from jupyterhub.utils import make_ssl_context
from prometheus_client import Counter

from aglais_hub.errors import Forbidden, Unavailable
from aglais_hub.identity import Actor
from aglais_hub.web.guesses import Guesses, Recent

__all__ = ["BELIEVED_SECONDS", "TokenBook"]

log = logging.getLogger(__name__)

BELIEVED_SECONDS = 5.0
"""How long an answer of the Hub is believed, counted from the question: a revocation is seen
within that time, and an answer that takes longer is none."""

KEPT_ANSWERS = 10_000
"""Most answers of either kind that are kept; the oldest goes first, it is the next to expire."""

LONGEST_TOKEN = 1024
"""Characters; what is longer is no token of the Hub."""

RETRY_SECONDS = 5

QUESTIONS = Counter("aglais_token_questions", "Questions to the Hub who holds a token", ["answer"])


@dataclass(frozen=True, slots=True)
class Holder:
    """What the Hub said about a token.

    Parameters
    ----------
    actor
        Who holds it; None: nobody does.
    is_let_in
        Whether its scopes let its holder use this service at all.
    until
        Until when it is believed, on the book's clock.
    """

    actor: Actor | None
    is_let_in: bool
    until: float


NOBODY = Holder(None, is_let_in=False, until=0.0)


class TokenBook:
    """Knows who holds which token, as the Hub said within the last few seconds.

    The Hub's own `HubAuth` asks again for each of many requests that come at once, and believes
    an answer for five minutes. Tokens are kept as digests only, and never logged.

    Parameters
    ----------
    auth
        Where the Hub is, and which scopes let somebody use this service.
    limit
        Most answers of either kind that are kept.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        auth: HubAuth,
        *,
        limit: int = KEPT_ANSWERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._auth = auth
        self._clock = clock
        # Apart: whoever tries tokens by the thousand must not push out those that are good.
        self._known: Recent[bytes, Holder] = Recent(limit)
        self._unknown: Recent[bytes, Holder] = Recent(limit)
        self._were_good: Recent[bytes, bool] = Recent(limit)
        self._by_cookies: Recent[bytes, Holder] = Recent(limit)
        self._asking: dict[bytes, asyncio.Task[Holder]] = {}
        self._guesses = Guesses(limit)

    async def actor(self, token: str, address: str | None = None) -> Actor | None:
        """Return who holds a token, or None.

        Parameters
        ----------
        token
            As it was sent.
        address
            Network address of who sent it, if it may be a guess.

        Raises
        ------
        Forbidden
            The holder may not use this service.
        TooManyTokensError
            Too many unknown tokens came from the address.
        Unavailable
            The Hub does not answer, and what it said before is too old.
        """
        key = _digest(token)
        holder = self._known.held.get(key)
        if holder is None or holder.until < self._clock():
            holder = await self._unheard(key, token, address)
        if not holder.is_let_in and holder.actor is not None:
            wanted = " or ".join(sorted(self._auth.access_scopes))
            raise Forbidden(f"{holder.actor.name} needs the scope {wanted} to use this service.")
        return holder.actor

    def seen(self, cookies: str) -> Actor | None:
        """Return who came with the same cookies within the last few seconds, if anybody has.

        Taking them apart and checking their signatures takes ten times as long as all the rest.
        """
        holder = self._by_cookies.held.get(_digest(cookies))
        return None if holder is None or holder.until < self._clock() else holder.actor

    def see(self, cookies: str, token: str) -> None:
        """Remember that the token was in the cookies, as long as its holder is believed."""
        holder = self._known.held.get(_digest(token))
        if holder is not None and holder.is_let_in:
            self._by_cookies.put(_digest(cookies), holder)

    async def _unheard(self, key: bytes, token: str, address: str | None) -> Holder:
        """Return what the Hub says now, or said just now of a token that nobody holds."""
        refused = self._unknown.held.get(key)
        if refused is not None and refused.until >= self._clock():
            return refused
        if not (0 < len(token) <= LONGEST_TOKEN and token.isascii() and token.isprintable()):
            return NOBODY
        question = self._asking.get(key)
        if question is None:
            guesser = None if key in self._were_good.held else address
            if guesser is not None:
                self._guesses.begin(guesser, self._clock())
            question = asyncio.create_task(self._ask(key, token, guesser))
            self._asking[key] = question
        # Who goes away must not take the answer from the others.
        return await asyncio.shield(question)

    async def _ask(self, key: bytes, token: str, guesser: str | None) -> Holder:
        asked, is_wrong = self._clock(), False
        try:
            holder = self._holder(await self._answer(token), asked)
            is_wrong = holder.actor is None
            self._keep(key, holder)
            return holder
        finally:
            del self._asking[key]
            if guesser is not None and not is_wrong:
                self._guesses.forgive(guesser)

    def _holder(self, model: dict[str, Any] | None, now: float) -> Holder:
        until = now + BELIEVED_SECONDS
        if model is None:
            return Holder(None, is_let_in=False, until=until)
        lets_in = bool(self._auth.check_scopes(self._auth.access_scopes, model))
        return Holder(Actor.of(model), is_let_in=lets_in, until=until)

    def _keep(self, key: bytes, holder: Holder) -> None:
        if holder.actor is None:
            self._known.held.pop(key, None)
            self._unknown.put(key, holder)
            return
        self._known.put(key, holder)
        self._were_good.put(key, True)

    async def _answer(self, token: str) -> dict[str, Any] | None:
        """Return the Hub's model of who holds a token, or None."""
        try:
            async with asyncio.timeout(BELIEVED_SECONDS):
                model = await self._fetch(token)
        except (aiohttp.ClientError, OSError, ValueError) as failure:
            QUESTIONS.labels("none").inc()
            log.warning("the Hub does not say who holds a token: %r", failure)
            raise Unavailable(
                "The Hub, which knows who you are, does not answer. Please try again in a moment.",
                retry_after=RETRY_SECONDS,
            ) from failure
        QUESTIONS.labels("unknown" if model is None else "known").inc()
        return model

    async def _fetch(self, token: str) -> dict[str, Any] | None:
        options: dict[str, Any] = {}
        if self._auth.certfile or self._auth.keyfile:
            options["ssl"] = make_ssl_context(
                self._auth.keyfile, self._auth.certfile, cafile=self._auth.client_ca
            )
        response = await fetch(
            self._auth.api_url.rstrip("/") + "/user",
            headers={"Authorization": f"token {token}"},
            raise_for_status=False,
            allow_redirects=False,
            **options,
        )
        async with response:
            if response.status in {401, 403}:
                return None
            if response.status != 200:
                message = f"it answered {response.status}"
                raise ValueError(message)
            model = await response.json()
        if not isinstance(model, dict) or not isinstance(model.get("name"), str):
            message = "its answer names nobody"
            raise ValueError(message)
        return model


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
