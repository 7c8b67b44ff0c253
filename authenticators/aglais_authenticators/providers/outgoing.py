"""How providers are asked: bounded in time and size, and without a word of it in the log."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from aglais_authenticators.providers.errors import (
    LoginStaleError,
    ProviderDownError,
    ProviderGarbledError,
)

__all__ = ["REQUEST_LIMITS", "Outgoing", "is_error_word"]

log = logging.getLogger(__name__)

REQUEST_LIMITS = {"connect_timeout": 5.0, "request_timeout": 10.0, "follow_redirects": False}
"""For each request. A redirect would carry a token to wherever it leads."""

LARGEST_ANSWER_BYTES = 2**20

STALE = {"invalid_grant", "bad_verification_code"}
"""What providers call a code that was used already, or is too old."""

SERVER_ERROR = 500
"""The first of the statuses by which a server says that it is its own fault; none came: 599."""

LONGEST_WORD = 40


class Outgoing:
    """The HTTP client of one provider.

    oauthenticator's own way to ask logs what a provider answers to a request that failed, which
    may repeat what was asked. Here errors leave as ours, and the log has what happened.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        bounds = {"max_body_size": LARGEST_ANSWER_BYTES}
        simple = issubclass(AsyncHTTPClient.configured_class(), SimpleAsyncHTTPClient)
        self._client = AsyncHTTPClient(force_instance=True, **(bounds if simple else {}))

    async def fetch(self, request: HTTPRequest, **options: Any) -> HTTPResponse:
        """Ask, as AsyncHTTPClient does.

        Raises
        ------
        ProviderDownError
            No answer, or one that says that the provider has a trouble of its own.
        LoginStaleError
            What was sent was used already, or is too old.
        ProviderGarbledError
            The provider does not take what we ask; whoever configured it has to know.
        """
        try:
            return await self._client.fetch(request, **options)
        except HTTPClientError as refused:
            raise self._problem(request, refused) from None
        except OSError as failed:
            # A name is unknown, a port closed, a certificate wrong, an answer too large.
            self._tell(request, type(failed).__name__)
            raise ProviderDownError(self.title) from None

    def _problem(self, request: HTTPRequest, refused: HTTPClientError) -> Exception:
        word = _error_word(refused.response.body) if refused.response else ""
        self._tell(request, f"answered {refused.code} {word}".rstrip())
        if word in STALE:
            return LoginStaleError()
        if refused.code >= SERVER_ERROR:
            return ProviderDownError(self.title)
        return ProviderGarbledError(self.title)

    def _tell(self, request: HTTPRequest, what: str) -> None:
        asked = urlsplit(request.url)
        log.warning("%s: %s %s%s: %s", self.title, request.method, asked.netloc, asked.path, what)


def _error_word(body: bytes | None) -> str:
    """Return OAuth's word for an error in an answer, which is no sentence and no secret."""
    try:
        word = json.loads(body or b"")["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    return word if is_error_word(word) else ""


def is_error_word(word: object) -> bool:
    """Tell whether something is a short word of letters, as OAuth's errors are."""
    return isinstance(word, str) and len(word) <= LONGEST_WORD and word.replace("_", "").isalpha()
