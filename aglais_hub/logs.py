"""Logs as JSON lines on stdout, with nothing in them that opens a door."""

from __future__ import annotations

import json
import logging
import re
import sys

__all__ = ["JsonLines", "set_up_logs"]

SECRETS = re.compile(r"((?:token|code|password|_xsrf|state|key)=)[^&\s\"']+", re.IGNORECASE)
"""Query values that must not be written down."""

CODES = re.compile(r"/(address|confirm|feeds|reset)/[^\s?\"']+")
"""Paths whose last part opens a door."""


def without_secrets(text: str) -> str:
    """Return a text without what opens a door."""
    return CODES.sub(r"/\1/…", SECRETS.sub(r"\1…", text))


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def set_up_logs(level: int = logging.INFO) -> None:
    """Send what this process logs to stdout, as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "alembic", "aiosqlite"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
