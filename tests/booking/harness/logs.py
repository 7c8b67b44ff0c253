"""What each client wrote down: what it asked for, what it was answered; lines are only added."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil, floor, inf
from pathlib import Path
from time import monotonic
from typing import Any

from tests.booking.harness.checker import Claim

HELD = {"booked", "active"}
"""States of spans that take something of the pool."""


class ClientLog:
    """The log of one client; a line is with the operating system before the client goes on."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1, encoding="utf-8")

    def write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps({"t": monotonic(), **line}, separators=(",", ":")) + "\n")

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True)
class Version:
    """A booking as it was acknowledged once."""

    id: str
    spans: tuple[tuple[str, datetime, datetime, str], ...]
    cores: float
    memory_bytes: int
    sharing: str
    since: float

    @classmethod
    def of(cls, booking: dict[str, Any], since: float) -> Version:
        limits = booking["limits"]
        count, worker, front = limits["worker_count"], limits["worker"], limits["frontend"]
        return cls(
            id=booking["id"],
            spans=tuple(
                (
                    span["id"],
                    datetime.fromisoformat(span["starts_at"]),
                    datetime.fromisoformat(span["ends_at"]),
                    span["state"],
                )
                for span in booking["spans"]
            ),
            cores=front["cores"] + count * worker["cores"],
            memory_bytes=front["memory_bytes"] + count * worker["memory_bytes"],
            sharing=booking["sharing"],
            since=since,
        )

    def takes(self, overcommit: float) -> tuple[int, int]:
        """Return the thousandths of cores and the bytes that each of its hours takes."""
        times = overcommit if self.sharing in {"reserved", "custom"} else 1
        return round(self.cores * times * 1000), self.memory_bytes

    def hours(self) -> Iterator[tuple[str, int, int]]:
        """Yield each span that takes something, its first hour since 1970, and its end."""
        for span, start, end, state in self.spans:
            if state in HELD:
                yield span, floor(start.timestamp() / 3600), ceil(end.timestamp() / 3600)


@dataclass
class History:
    """All that one client knows of one booking, known by the name that the client gave it."""

    name: str
    versions: list[tuple[Version, float]] = field(default_factory=list)
    """As it was acknowledged, and until when that was sure."""
    is_pending: bool = False
    """Whether something was asked that was not answered."""
    was_refused: bool = False
    """Whether it was never to be made."""

    @property
    def last(self) -> Version | None:
        """What holds now, if nothing is pending."""
        return self.versions[-1][0] if self.versions else None

    def ask(self, line: dict[str, Any]) -> None:
        self.is_pending = True
        if self.versions:
            version, _ = self.versions[-1]
            self.versions[-1] = (version, line["t"])

    def answer(self, line: dict[str, Any]) -> None:
        # Refused when it was sent again: the first one may still be done.
        self.is_pending = line.get("unsure", False)
        if self.is_pending:
            return
        if line["status"] in {200, 201}:
            self.versions.append((Version.of(line["booking"], line["t"]), inf))
        elif not self.versions:
            self.was_refused = True
        else:  # refused: what was, is
            self.versions.append((replace(self.versions[-1][0], since=line["t"]), inf))


class Records:
    """All logs of a folder, read as far as they go now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.histories: dict[str, History] = {}
        self.attempts = 0
        self.answers: dict[str, int] = {}
        self._read: dict[Path, int] = {}

    def read(self) -> None:
        """Read what was added."""
        for path in sorted(self.folder.glob("*.log")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                lines = file.read().rpartition(b"\n")[0].splitlines()
                self._read[path] = self._read.get(path, 0) + sum(len(one) + 1 for one in lines)
            for line in lines:
                self._take(json.loads(line))

    def _take(self, line: dict[str, Any]) -> None:
        history = self.histories.setdefault(line["name"], History(line["name"]))
        if line["what"] == "asked":
            self.attempts += 1
            history.ask(line)
        elif line["what"] == "answered":
            told = f"{line['verb']} {line['status']} {line.get('code') or ''}".strip()
            self.answers[told] = self.answers.get(told, 0) + 1
            history.answer(line)

    def claims(self, overcommit: float) -> Iterator[Claim]:
        """Yield what all clients were told to have."""
        for history in self.histories.values():
            for version, until in history.versions:
                millicores, memory_bytes = version.takes(overcommit)
                for _, first, end in version.hours():
                    yield Claim("millicores", millicores, first, end, version.since, until)
                    yield Claim("memory_bytes", memory_bytes, first, end, version.since, until)
