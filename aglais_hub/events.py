"""Facts that happened, one JSON line each; the journal is the embedded stand-in for Kafka."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from aglais_hub.models import utcnow

__all__ = ["EventLog", "Journal"]

log = logging.getLogger(__name__)


class Journal(Protocol):
    """Where events go."""

    def append(self, line: str) -> None:
        """Keep one event; must not fail the caller for long."""


class FileJournal:
    """Appends to a file that several processes share: one write for each line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1, encoding="utf-8")

    def append(self, line: str) -> None:
        """Write the line at once."""
        self._file.write(line + "\n")


class EventLog:
    """Publishes the events of one process.

    Parameters
    ----------
    source
        Who says so: the name of a service, or ``hub``.
    path
        The journal; none: events are only logged.
    """

    def __init__(self, source: str, path: str | None) -> None:
        self.source = source
        self.failed = 0
        self._journal: Journal | None = FileJournal(Path(path)) if path else None

    def publish(self, name: str, **facts: Any) -> None:
        """Publish that something happened; a broken journal is counted, never raised.

        Parameters
        ----------
        facts
            An `id` among them is that of the event: what may be published once more after a
            crash is known by it. Without one, an event has an id of its own.
        """
        event = {
            "id": uuid4().hex,
            "time": utcnow().isoformat(),
            "source": self.source,
            "event": name,
            **facts,
        }
        line = json.dumps(event, default=str, separators=(",", ":"))
        log.info("event %s", line)
        try:
            if self._journal is not None:
                self._journal.append(line)
        except (OSError, ValueError):
            self.failed += 1
            log.exception("the journal refused an event")
