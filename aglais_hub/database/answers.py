"""Answers to POST requests that carried an Idempotency-Key: the same key, the same answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import MetaData, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from aglais_hub.database.engine import Database
from aglais_hub.errors import Conflict
from aglais_hub.models import utcnow

__all__ = ["Answer", "AnswerBook", "KeyReusedError"]

KEPT_FOR = timedelta(days=1)
"""How long an answer can be asked for again."""

UNSETTLED = 0
"""Status of an answer that is still to be given; nobody sees it outside of its transaction."""


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

    async def claim(self, actor: str, key: str, request: bytes) -> Answer | None:
        """Take a key for a request that is answered in this transaction; or return its answer.

        Whoever asks with the same key at once waits here until that is settled.
        """
        row = {"actor": actor, "key": key, "digest": _digest(request), "created_at": utcnow()}
        async with self.database.transaction() as session:
            dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
            claimed = (
                dialect.insert(self.table).on_conflict_do_nothing().returning(self.table.c.key)
            )
            done = await session.execute(claimed, {**row, "status": UNSETTLED, "body": ""})
            is_ours = done.first() is not None
            return None if is_ours else await self.find(actor, key, request)

    async def settle(self, actor: str, key: str, answer: Answer) -> None:
        """Say what the request was answered with whose key was claimed."""
        claimed = (self.table.c.actor == bindparam("a")) & (self.table.c.key == bindparam("k"))
        async with self.database.transaction() as session:
            settled = update(self.table).where(claimed)
            await session.execute(settled, {"a": actor, "k": key, **vars(answer)})

    async def forget(self) -> None:
        """Forget answers that are too old."""
        old = self.table.c.created_at < utcnow() - KEPT_FOR
        async with self.database.transaction() as session:
            await session.execute(delete(self.table).where(old))

    async def keep(self, actor: str, key: str, request: bytes, answer: Answer) -> None:
        """Remember an answer."""
        row = {"actor": actor, "key": key, "digest": _digest(request), "created_at": utcnow()}
        async with self.database.transaction() as session:
            await session.execute(insert(self.table).values(**row, **vars(answer)))


def _digest(request: bytes) -> str:
    return hashlib.sha256(request).hexdigest()
