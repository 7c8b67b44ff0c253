"""Queries on requests for more resources, and on what was said about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import AnswerRow, CapacityRow, RequestRow
from aglais_hub.database import Keyset
from aglais_hub.models.capacities import Answer, RequestState, ResourceRequest
from aglais_hub.paging import Batch, Window

__all__ = ["RequestStore"]

LATEST: Keyset[RequestRow] = Keyset(RequestRow.created_at, RequestRow.id)


class RequestStore:
    """Requests with their answers."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(
        self,
        window: Window,
        accounts: Collection[str] | None,
        states: Collection[RequestState] = (),
    ) -> Batch[ResourceRequest]:
        """Return a part of all requests, the latest first, or of some accounts' or in a state."""
        query = select(RequestRow)
        if accounts is not None:
            query = query.where(RequestRow.account.in_(accounts))
        if states:
            query = query.where(RequestRow.state.in_(states))
        rows, following = await LATEST.rows(self.session, query, window)
        return Batch(await self._whole(rows), following, window.after is None)

    async def get(self, identifier: str) -> ResourceRequest | None:
        """Return a request."""
        row = await self.session.get(RequestRow, identifier, populate_existing=True)
        return (await self._whole([row]))[0] if row else None

    async def lock(self, identifier: str) -> ResourceRequest | None:
        """Return a request, and let nobody else decide on it until the transaction ends."""
        query = select(RequestRow).where(RequestRow.id == identifier).with_for_update()
        fresh = query.execution_options(populate_existing=True)
        row = (await self.session.scalars(fresh)).one_or_none()
        return (await self._whole([row]))[0] if row else None

    async def count_open(self, account: str) -> int:
        """Return how many requests of an account nobody has decided on."""
        mine = (RequestRow.account == account) & (RequestRow.state == RequestState.OPEN)
        query = select(func.count()).select_from(RequestRow).where(mine)
        return int((await self.session.execute(query)).scalar_one())

    async def add(self, request: ResourceRequest) -> None:
        """Keep a new one."""
        await self.session.execute(insert(RequestRow).values(**_columns(request)))

    async def save(self, request: ResourceRequest) -> None:
        """Change one; answers are added by `say`."""
        same = update(RequestRow).where(RequestRow.id == request.id)
        await self.session.execute(same.values(**_columns(request)))

    async def say(self, identifier: str, answer: Answer) -> None:
        """Add to the conversation about a request."""
        values = {"request": identifier, **answer.model_dump()}
        await self.session.execute(insert(AnswerRow).values(**values))

    async def forget(self, account: str, title: str) -> int:
        """Forget an account's requests; what they were given stays, under another title."""
        mine = select(RequestRow.capacity).where(RequestRow.account == account)
        given = update(CapacityRow).where(CapacityRow.id.in_(mine)).values(title=title)
        await self.session.execute(given)
        gone = delete(RequestRow).where(RequestRow.account == account)
        return int((await self.session.execute(gone)).rowcount)  # type: ignore[attr-defined]

    async def _whole(self, rows: Sequence[RequestRow]) -> list[ResourceRequest]:
        if not rows:
            return []
        about = AnswerRow.request.in_([row.id for row in rows])
        said = await self.session.scalars(select(AnswerRow).where(about).order_by(AnswerRow.id))
        answers: dict[str, list[Answer]] = {row.id: [] for row in rows}
        for one in said:
            answers[one.request].append(Answer(at=one.at, by=one.by, text=one.text))
        return [_request(row, answers[row.id]) for row in rows]


def _request(row: RequestRow, answers: Sequence[Answer]) -> ResourceRequest:
    fields = ResourceRequest.model_fields.keys() - {"answers"}
    facts = {name: getattr(row, name) for name in fields}
    return ResourceRequest(**facts, answers=tuple(answers))


def _columns(request: ResourceRequest) -> dict[str, Any]:
    return request.model_dump(exclude={"answers"})
