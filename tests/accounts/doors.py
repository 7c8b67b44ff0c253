"""What tests of log-ins share: the real accounts service, and how somebody comes to it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from aglais_accounts import service
from aglais_accounts.managers import Managers
from aglais_accounts.schema import MailRow
from aglais_hub.client import AccountsClient
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account
from aglais_hub.models.identities import Registration, Visit, VisitRequest
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

SCOPES = tuple(
    scope(action, resource)
    for action, resource in (
        ("read", "accounts"), ("write", "accounts"), ("read", "identities"),
        ("write", "identities"), ("write", "signups"), ("write", "login-tokens"),
        ("write", "departures"),
    )
)  # fmt: skip
"""What the Hub may do."""

HERE = "192.0.2.1"


@dataclass
class Doors:
    """The accounts service as the Hub uses it."""

    running: RunningService
    hub: AccountsClient
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def manager(self) -> Managers:
        manager: Managers = self.running.process.manager
        return manager

    async def come(self, subject: str = "1", provider: str = "github", **more: Any) -> Visit:
        """Come back from a provider."""
        given = {"label": f"person {subject}", "came_from": HERE} | more
        return await self.hub.visit(VisitRequest(provider=provider, subject=subject, **given))

    async def member(self, name: str, subject: str | None = None, **more: Any) -> Account:
        """Register somebody who comes from GitHub."""
        visit = await self.come(subject or name, **more)
        request = Registration(code=visit.code, name=name, came_from=HERE)  # type: ignore[arg-type]
        return await self.hub.register(request)

    async def mails(self, address: str) -> list[str]:
        """Return what was sent to an address, first mail first: subject and text."""
        async with self.manager.reading() as stores:
            due = await stores.mails.due(utcnow(), 1000)
        return [_read(self.manager, mail) for mail in due if mail.address == address]

    async def codes(self, address: str) -> list[str]:
        """Return the codes that were sent to an address."""
        text = "\n".join(await self.mails(address))
        return re.findall(r"/hub/(?:address|confirm)/([\w-]+)", text)

    async def ways(self, name: str) -> set[str]:
        """Return what an account logs in with."""
        return {f"{one.provider}:{one.subject}" for one in await self.hub.identities(name)}

    def own(self, name: str) -> Actor:
        """Return somebody who may do what everybody may do with their own things."""
        kinds = (scope("read", "identities"), scope("write", "identities"))
        return Actor(name, "user", frozenset(f"{kind}!user={name}" for kind in kinds))

    def client(self, name: str) -> httpx.AsyncClient:
        """Return somebody's own client of the API."""
        return self.running.api(self.running.hub.token(name, *self.own(name).scopes))


def _read(manager: Managers, mail: MailRow) -> str:
    return f"{mail.subject}\n{manager.vault.open(mail.text)}"


@asynccontextmanager
async def doors_of(database_url: str, hub: HubDouble, **config: Any) -> AsyncIterator[Doors]:
    """Run the service on a database."""
    config = {
        "providers": {"github": "GitHub", "orcid": "ORCID"},
        "guests_per_minute": 1000,
    } | config
    async with running(service, database_url, hub, **config) as accounts:
        client = AccountsClient(f"{accounts.url}api/", hub.token("hub", *SCOPES, kind="service"))
        doors = Doors(accounts, client)
        log = accounts.process.context.events
        plain = log.publish

        def publish(event: str, **facts: Any) -> None:
            doors.events.append((event, facts))
            plain(event, **facts)

        log.publish = publish  # type: ignore[method-assign]
        yield doors
        await client.close()
