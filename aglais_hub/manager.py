"""What the managers of all services share: their context, and their stores in a transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from aglais_hub.service import Context

__all__ = ["Manager", "Stores", "store"]

T = TypeVar("T")
S = TypeVar("S", bound="Stores")


class Stores:
    """The stores of one transaction; a service's own names them: ``spaces = store(SpaceStore)``."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session


class store(Generic[T]):  # noqa: N801 (reads as a declaration)
    """A store of a `Stores`, made for its transaction."""

    def __init__(self, kind: Callable[[AsyncSession], T]) -> None:
        self.kind = kind

    def __get__(self, stores: Stores, _owner: type[Stores]) -> T:
        """Return the store."""
        return self.kind(stores.session)


class Manager(Generic[S]):
    """Decides: permission first, then rule, inside one transaction.

    Parameters
    ----------
    context
        Configuration, database, events and the other services.
    """

    stores: ClassVar[type[Any]]
    """The service's own `Stores`."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.events = context.events

    async def close(self) -> None:
        """Let go of what this process holds of the machine, at an orderly end."""

    def publish(self, name: str, **facts: Any) -> None:
        """Publish that something happened, once it is committed; what is undone never happened."""
        self.context.database.afterwards(lambda: self.events.publish(name, **facts))

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[S]:
        """Open the stores in a transaction that may write, or join the one around."""
        async with self.context.database.transaction() as session:
            yield self.stores(session)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[S]:
        """Open the stores for reading."""
        async with self.context.database.reading() as session:
            yield self.stores(session)
