"""What a service is: its nouns and rules; everything else comes from the common ground."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import MetaData

from aglais_hub.client import ServiceClients
from aglais_hub.config import ServiceConfig
from aglais_hub.database import AnswerBook, Database, LeaseStore
from aglais_hub.events import EventLog
from aglais_hub.identity import scope
from aglais_hub.operations import Operation

__all__ = ["Chore", "Context", "Route", "Service", "ServiceProcess"]

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """A URL under the service's prefix, and its handler.

    Parameters
    ----------
    path
        Such as ``api/accounts/{name}``; a part in braces is handed to the handler by name.
    handler
        A Tornado handler class of `aglais_hub.web`.
    """

    path: str
    handler: type[Any]

    @property
    def operations(self) -> dict[str, Operation]:
        """Operations of the URL, by HTTP method in lower case."""
        methods = ((name, getattr(self.handler, name, None)) for name in METHODS)
        found = ((name, getattr(method, "operation", None)) for name, method in methods)
        return {name: spec for name, spec in found if spec is not None}


@dataclass(frozen=True)
class Chore:
    """Background work that one replica does, again and again.

    Parameters
    ----------
    name
        Of the lease.
    every
        Pause between two rounds.
    act
        Given the manager; it can be killed anywhere and run again.
    in_all
        Whether every replica does it, without a lease: what it does is safe when all do it at
        once, and waits for no lease of a replica that was killed.
    """

    name: str
    every: timedelta
    act: Callable[[Any], Awaitable[None]]
    in_all: bool = False


@dataclass(frozen=True)
class Context:
    """What a service's manager works with."""

    config: Any
    database: Database
    events: EventLog
    clients: ServiceClients


@dataclass(frozen=True)
class Service:
    """One service of the platform.

    Parameters
    ----------
    name
        In URLs, environment and scopes.
    package
        Python package that holds ``migrations/``.
    summary
        What it is for, in a sentence.
    config
        Class of its configuration.
    metadata
        Tables of its own database.
    manager
        Makes the manager, which decides, from the context.
    routes
        URLs and handlers.
    chores
        Background work.
    home
        Page that the service's bare URL leads to.
    templates
        Whether the package has page templates of its own.
    needs
        Scopes of the Hub that its own token holds.
    embedded
        Given the platform's home, what its environment is besides, on the embedded platform.
    rotate
        Given its environment and the platform's home, encrypts anew what it keeps encrypted, and
        says in a sentence what was done; none: it keeps nothing so.
    """

    name: str
    package: str
    summary: str
    config: type[ServiceConfig]
    metadata: MetaData
    manager: Callable[[Context], Any]
    routes: tuple[Route, ...]
    chores: tuple[Chore, ...] = ()
    home: str = ""
    templates: bool = False
    needs: tuple[str, ...] = ()
    embedded: Callable[[Path], dict[str, str]] = lambda _home: {}
    rotate: Callable[[Mapping[str, str], Path], Coroutine[Any, Any, str]] | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """Scopes that its operations ask for, and that of its metrics."""
        specs = (spec for route in self.routes for spec in route.operations.values())
        return tuple(sorted({spec.scope for spec in specs} | {scope("read", "metrics")}))


@dataclass(frozen=True)
class ServiceProcess:
    """A service at work in this process."""

    service: Service
    context: Context
    manager: Any
    prefix: str
    holder: str = field(
        default_factory=lambda: f"{socket.gethostname()[:24]}-{os.getpid()}-{uuid4().hex[:8]}"
    )

    @property
    def database(self) -> Database:
        """The service's own database."""
        return self.context.database

    @property
    def answers(self) -> AnswerBook:
        """Answers given before, by Idempotency-Key."""
        return AnswerBook(self.database, self.service.metadata)

    @property
    def leases(self) -> LeaseStore:
        """Leases for background work."""
        return LeaseStore(self.database, self.service.metadata, self.holder)

    @classmethod
    def open(
        cls, service: Service, config: ServiceConfig, prefix: str, clients: ServiceClients
    ) -> ServiceProcess:
        """Make a process's parts; the database has its tables already."""
        database = Database(config.database_url.get_secret_value())
        context = Context(
            config=config,
            database=database,
            events=EventLog(service.name, config.journal),
            clients=clients,
        )
        return cls(
            service=service, context=context, manager=service.manager(context), prefix=prefix
        )
