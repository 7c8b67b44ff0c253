"""A service as a Tornado application."""

from __future__ import annotations

import re
from itertools import cycle
from typing import Any

from jupyterhub.services.auth import HubOAuth
from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RedirectHandler, RequestHandler, stream_request_body

from aglais_hub.errors import PayloadTooLarge
from aglais_hub.service import Route, ServiceProcess
from aglais_hub.web.api import BaseHandler, NoSuchApi
from aglais_hub.web.assets import AssetHandler, Assets
from aglais_hub.web.metrics import HealthHandler, MetricsHandler, observe_request
from aglais_hub.web.openapi import OpenApiHandler
from aglais_hub.web.pages import CallbackHandler, NoSuchPage, page_environment
from aglais_hub.web.tokens import TokenBook

__all__ = ["ServiceApplication", "make_application"]


@stream_request_body
class BodyTooLarge(BaseHandler):
    """Answers a request whose body is not read at all."""

    def prepare(self) -> None:
        """Refuse before the body has come."""
        limit = self.process.context.config.body_limit_bytes
        self.set_header("Connection", "close")
        raise PayloadTooLarge(f"The body is larger than the limit of {limit} bytes.")

    def data_received(self, chunk: bytes) -> None:
        """Drop it."""


class ServiceApplication(Application):
    """An application that refuses a large body by its headers, with an answer."""

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Choose the handler."""
        limit = self.settings["process"].context.config.body_limit_bytes
        length = request.headers.get("Content-Length", "0")
        if length.isdigit() and int(length) > limit:
            return self.get_handler_delegate(request, BodyTooLarge)
        return super().find_handler(request, **kwargs)


COMMON: tuple[Route, ...] = (
    Route("health", HealthHandler),
    Route("metrics", MetricsHandler),
    Route("api/openapi.json", OpenApiHandler),
    Route("oauth_callback", CallbackHandler),
)
"""Routes that every service has."""


def make_application(process: ServiceProcess, hub_auth: HubOAuth, cookie_secret: bytes) -> Any:
    """Return the Tornado application of a service."""
    prefix = process.prefix
    rules: list[Any] = [
        (_pattern(prefix, route.path), _with(route.handler, hub_auth))
        for route in (*COMMON, *process.service.routes)
    ]
    home = {"url": prefix + process.service.home, "permanent": False}
    rules.append((re.escape(prefix.rstrip("/")) + "/?", RedirectHandler, home))
    rules.append((re.escape(prefix) + "static/([^/]+)", _with(AssetHandler, hub_auth)))
    rules.append((re.escape(prefix) + "api/.*", _with(NoSuchApi, hub_auth)))
    return ServiceApplication(
        rules,
        default_handler_class=_with(NoSuchPage, hub_auth),
        process=process,
        assets=Assets(process.service, prefix),
        cookie_secret=cookie_secret,
        log_function=observe_request,
        templates=page_environment(process),
        tokens=TokenBook(hub_auth),
        xsrf_cookies=True,
    )


def _pattern(prefix: str, path: str) -> str:
    parts = (
        f"(?P<{part}>[^/]+)" if is_name else re.escape(part)
        for part, is_name in zip(re.split(r"{(\w+)}", path), cycle((False, True)), strict=False)
    )
    return re.escape(prefix) + "".join(parts)


def _with(handler: type[RequestHandler], hub_auth: HubOAuth) -> type[RequestHandler]:
    """Bind a handler class to this application's own hub_auth, not to a process-wide one."""
    return type(handler.__name__, (handler,), {"_hub_auth": hub_auth})
