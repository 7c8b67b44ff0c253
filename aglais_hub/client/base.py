"""What all clients share: the token, deadlines, retries, and errors as the service meant them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, BinaryIO, ClassVar, TypeVar

import httpx
from pydantic import SecretStr

from aglais_hub.errors import AglaisError, Unavailable, error_of
from aglais_hub.models import Model

__all__ = ["ServiceClient"]

M = TypeVar("M", bound=Model)

STREAM_DEADLINE = httpx.Timeout(120, connect=5)
"""Seconds that may pass between two pieces of a large answer."""

DEADLINE = httpx.Timeout(30, connect=5)
"""Seconds that a service may take."""


class ServiceClient:
    """Client of one service.

    Parameters
    ----------
    url
        Address of the service, such as ``http://127.0.0.1:8000/services/accounts/``.
    token
        API token of the Hub.
    transport
        Instead of the network; the shipped mock is one.
    """

    title: ClassVar[str] = "A service"
    """For people, where it does not answer."""

    def __init__(
        self, url: str, token: str, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.http = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"token {token}"},
            timeout=DEADLINE,
            transport=transport,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self.http.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Model | Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        accept: str = "application/json",
    ) -> httpx.Response:
        """Ask the service.

        Raises
        ------
        AglaisError
            What the service answered, with its code and sentence.
        Unavailable
            The service did not answer.
        """
        headers = {"Accept": accept}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        content = sendable(body) if isinstance(body, Model) else body
        try:
            response = await self.http.request(
                method, path, json=content, params=query, headers=headers
            )
        except httpx.HTTPError as failure:
            message = f"{self.title} does not answer. Please try again in a moment."
            raise Unavailable(message, retry_after=5) from failure
        if response.is_error:
            raise _error(response)
        return response

    async def stream(
        self, path: str, *, query: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Yield a large answer in pieces, as fast as they are taken.

        Raises
        ------
        AglaisError
            What the service answered, with its code and sentence.
        Unavailable
            The service did not answer, or broke off: what came so far is not whole.
        """
        try:
            asked = self.http.stream("GET", path, params=query, timeout=STREAM_DEADLINE)
            async with asked as response:
                if response.is_error:
                    await response.aread()
                    raise _error(response)
                async for piece in response.aiter_bytes():
                    yield piece
        except httpx.HTTPError as failure:
            message = f"{self.title} broke off. Please try again in a moment."
            raise Unavailable(message, retry_after=5) from failure

    async def save(
        self, path: str, file: BinaryIO, *, query: Mapping[str, Any] | None = None
    ) -> int:
        """Write a large answer into a file; return its size in bytes.

        Raises
        ------
        AglaisError
            It was refused, or broke off: what is in the file is not whole then.
        """
        size = 0
        async with aclosing(self.stream(path, query=query)) as pieces:
            async for piece in pieces:
                size += len(piece)
                await asyncio.to_thread(file.write, piece)
        return size

    async def get(self, model: type[M], path: str) -> M:
        """Return one thing."""
        return model.model_validate_json((await self.request("GET", path)).content)

    async def post(
        self,
        model: type[M],
        path: str,
        body: Model | Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
    ) -> M:
        """Send a form and return the thing that it made or changed."""
        response = await self.request("POST", path, body=body, idempotency_key=idempotency_key)
        return model.model_validate_json(response.content)

    async def list(self, model: type[M], path: str, **query: Any) -> list[M]:
        """Return all things of a list, however many parts it comes in."""
        things: list[M] = []
        following: str | None = path
        while following is not None:
            response = await self.request("GET", following, query=query or None)
            things += [model.model_validate(item) for item in response.json()]
            link = response.links.get("next", {}).get("url")
            # The address in the link counts from the server's root, not from the base address.
            following, query = str(response.url.join(link)) if link else None, {}
        return things


def sendable(body: Model) -> dict[str, Any]:
    """Return what was said of a request as JSON: what was left out is left to the service.

    Secrets, which print as stars, are sent as they are.
    """
    secrets = {
        name: value.get_secret_value()
        for name in type(body).model_fields
        if isinstance(value := getattr(body, name), SecretStr)
    }
    return body.model_dump(mode="json", exclude_unset=True) | secrets


def _error(response: httpx.Response) -> AglaisError:
    retry_after = response.headers.get("Retry-After", "")
    seconds = int(retry_after) if retry_after.isdigit() else None
    try:
        body = response.json()
        code, message = str(body.get("code", "refused")), str(body["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        code = "refused"
        message = f"{response.request.url.path} answered {response.status_code}."
    return error_of(response.status_code, code, message, seconds)
