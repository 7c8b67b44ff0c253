"""Where a request came from."""

from __future__ import annotations

from collections.abc import Collection

from tornado.httputil import HTTPServerRequest
from tornado.netutil import is_valid_ip

__all__ = ["came_from"]


def came_from(request: HTTPServerRequest, trusted: Collection[str]) -> str:
    """Return the address that a request came from: the last one that no proxy of ours has.

    Tornado's own `remote_ip` prefers X-Real-Ip, which our proxy passes on as the browser sent
    it: whoever changes it would be somebody new at each click.
    """
    passed = request.headers.get("X-Forwarded-For", "").split(",")
    for address in (part.strip() for part in reversed(passed)):
        if address in trusted:
            continue
        return address if is_valid_ip(address) else _peer(request)
    return _peer(request)


def _peer(request: HTTPServerRequest) -> str:
    return str(request.remote_ip)
