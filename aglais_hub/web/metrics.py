"""Health and metrics of a service."""

from __future__ import annotations

import asyncio

from prometheus_client import CONTENT_TYPE_LATEST, Gauge, Histogram, generate_latest
from sqlalchemy import text
from tornado.web import RequestHandler

from aglais_hub.errors import Unavailable
from aglais_hub.identity import scope
from aglais_hub.web.api import ApiHandler, BaseHandler

__all__ = ["HealthHandler", "MetricsHandler", "observe_request", "watch_lag"]

READ_METRICS = scope("read", "metrics")

REQUESTS = Histogram(
    "aglais_request_seconds",
    "Time to answer, by handler",
    ["service", "handler", "method", "status"],
)
LAG = Gauge("aglais_event_loop_lag_seconds", "How late the event loop woke up", ["service"])

LAG_INTERVAL = 0.5
"""Seconds between two looks at the event loop."""


def observe_request(handler: RequestHandler) -> None:
    """Count an answered request; Tornado calls this instead of writing an access log."""
    process = handler.settings["process"]
    labels = (
        process.service.name,
        type(handler).__name__,
        handler.request.method or "",
        str(handler.get_status()),
    )
    REQUESTS.labels(*labels).observe(handler.request.request_time())


async def watch_lag(service: str) -> None:
    """Measure for ever how late the event loop is."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_INTERVAL
        await asyncio.sleep(LAG_INTERVAL)
        LAG.labels(service).set(max(0.0, loop.time() - due))


class HealthHandler(BaseHandler):
    """Says whether the service can do its work; open to everybody."""

    async def get(self) -> None:
        """Ask the database."""
        try:
            async with asyncio.timeout(5), self.process.database.reading() as session:
                await session.execute(text("SELECT 1"))
        except (TimeoutError, OSError) as failure:
            raise Unavailable("The database does not answer.", retry_after=5) from failure
        self.finish({"status": "ok", "service": self.process.service.name})


class MetricsHandler(ApiHandler):
    """Prometheus metrics, for who holds the scope."""

    async def get(self) -> None:
        """Answer in Prometheus' text format."""
        self.actor.require(READ_METRICS)
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(generate_latest())
