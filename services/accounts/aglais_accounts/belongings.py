"""What an account has in the other parts of the platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aglais_hub.client import ServiceClients, active_servers
from aglais_hub.models.departures import Belonging

__all__ = ["Belongings", "Find"]

Find = Callable[[str], Awaitable[list[Belonging]]]


class Belongings:
    """Asks the other parts, by the step of a departure that erases what is found."""

    def __init__(self, clients: ServiceClients) -> None:
        self.clients = clients

    @property
    def finders(self) -> Mapping[str, Find]:
        """Who is asked for each step."""
        return {
            "session": self._session,
            "admissions": self._admissions,
            "spaces": self._spaces,
            "hub-user": self._hub_user,
            "bookings": self._bookings,
        }

    async def _session(self, name: str) -> list[Belonging]:
        user = await self.clients.hub.user(name)
        return _counted("running session", len(active_servers(user)) if user else 0)

    async def _admissions(self, name: str) -> list[Belonging]:
        return _counted("admission", len(await self.clients.booking.admissions(name)))

    async def _spaces(self, name: str) -> list[Belonging]:
        spaces = await self.clients.storage.spaces(name)
        return [
            Belonging(
                what=f"{space.kind} space",
                count=1,
                bytes=space.usage.bytes if space.usage else None,
                files=space.usage.files if space.usage else None,
            )
            for space in sorted(spaces, key=lambda space: space.kind)
        ]

    async def _hub_user(self, name: str) -> list[Belonging]:
        found = await self.clients.hub.user(name) is not None
        return _counted("login at the Hub, with its tokens", int(found))

    async def _bookings(self, name: str) -> list[Belonging]:
        bookings = await self.clients.booking.bookings(name)
        requests = await self.clients.booking.resource_requests(name)
        return [
            *_counted("booking", len(bookings)),
            *_counted("request for more resources", len(requests)),
        ]


def _counted(what: str, count: int) -> list[Belonging]:
    return [Belonging(what=what, count=count)] if count else []
