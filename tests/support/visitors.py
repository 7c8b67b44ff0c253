"""The accounts service in memory, with what people are known by at OAuth providers."""

from __future__ import annotations

from typing import Any

from aglais_hub.client.mock import MockPlatform
from aglais_hub.errors import Conflict
from aglais_hub.models.accounts import Account, Level
from aglais_hub.models.identities import IdentityRequest, Visit, VisitRequest


class KnowsVisitors:
    """The client of the mock, and identities beside it."""

    def __init__(self, mock: MockPlatform) -> None:
        self.mock = mock
        self.known: dict[tuple[str, str], str] = {}
        self.visits: list[VisitRequest] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.mock.clients.accounts, name)

    def member(self, name: str, provider: str, subject: str) -> Account:
        """Make an account that somebody logs in to with a provider."""
        self.known[provider, subject] = name
        return self.mock.accounts.made(name, Level.BASIC)

    async def visit(self, request: VisitRequest) -> Visit:
        self.visits.append(request)
        name = self.known.get((request.provider, request.subject))
        if name is None and request.guest is not None:
            name = self.known[request.provider, request.subject] = request.guest
            account = self.mock.accounts.known[name]
            self.mock.accounts.known[name] = account.model_copy(update={"level": Level.BASIC})
        account = self.mock.accounts.known[name] if name else None
        code = None if account else "the-code-of-a-visit"
        return Visit(account=account, code=code, name=request.wished_name, needs_address=False)

    async def link(self, name: str, request: IdentityRequest) -> None:
        if self.known.setdefault((request.provider, request.subject), name) != name:
            raise Conflict(f"{request.label} belongs to another account here.")
