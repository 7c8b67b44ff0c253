"""Steps of a start, in words for who waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Steps"]

LAST = 95
"""Per cent; the Hub itself says when it is done."""


@dataclass
class Steps:
    """What has been said of one start, for everybody who watches it."""

    said: list[dict[str, Any]] = field(default_factory=list)
    finished: bool = False
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def say(self, progress: int, message: str) -> None:
        """Say that a step begins."""
        async with self._news:
            self.said.append({"progress": min(progress, LAST), "message": message})
            self._news.notify_all()

    async def finish(self) -> None:
        """Say that nothing more comes."""
        async with self._news:
            self.finished = True
            self._news.notify_all()

    async def watch(self) -> AsyncIterator[dict[str, Any]]:
        """Yield all steps, those already said first."""
        seen = 0
        while True:
            async with self._news:
                while len(self.said) == seen and not self.finished:
                    await self._news.wait()
                fresh = self.said[seen:]
            if not fresh:
                return
            for step in fresh:
                yield step
            seen += len(fresh)
