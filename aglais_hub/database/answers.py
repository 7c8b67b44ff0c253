"""Answers to POST requests that carried an Idempotency-Key: the same key, the same answer."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import MetaData, delete, insert, select

from aglais_hub.database.engine import Database
from aglais_hub.errors import Conflict
from aglais_hub.models import utcnow

__all__ = ["Answer", "AnswerBook", "KeyReusedError"]

KEPT_FOR = timedelta(days=1)
"""How long an answer can be asked for again."""

FORGETS = 0.02
"""Part of the answers at which those that are too old are forgotten."""


class KeyReusedError(Conflict):
    """The same Idempotency-Key came with another request."""

    code = "idempotency-key-reused"


@dataclass(frozen=True)
class Answer:
    """What a request was answered with."""

    status: int
    location: str | None
    body: str


class AnswerBook:
    """Remembers answers inside the transaction that made them true."""

    def __init__(self, database: Database, metadata: MetaData) -> None:
        self.database = database
        self.table = metadata.tables["answers"]

    async def find(self, actor: str, key: str, request: bytes) -> Answer | None:
        """Return the earlier answer to this key, if there was one.

        Raises
        ------
        KeyReusedError
            The earlier request was another one.
        """
        wanted = (self.table.c.actor == actor) & (self.table.c.key == key)
        async with self.database.transaction() as session:
            row = (await session.execute(select(self.table).where(wanted))).one_or_none()
        if row is None:
            return None
        if row.digest != _digest(request):
            raise KeyReusedError(f"The Idempotency-Key {key} was used for another request.")
        return Answer(status=row.status, location=row.location, body=row.body)

    async def keep(self, actor: str, key: str, request: bytes, answer: Answer) -> None:
        """Remember an answer, and now and then forget those that are too old."""
        now = utcnow()
        row = {"actor": actor, "key": key, "digest": _digest(request), "created_at": now}
        async with self.database.transaction() as session:
            if random.random() < FORGETS:  # noqa: S311 (no secret)
                old = self.table.c.created_at < now - KEPT_FOR
                await session.execute(delete(self.table).where(old))
            await session.execute(insert(self.table).values(**row, **vars(answer)))


def _digest(request: bytes) -> str:
    return hashlib.sha256(request).hexdigest()
