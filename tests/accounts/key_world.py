"""What the tests of SSH keys share: the service, a site that publishes keys, and people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aglais_accounts import service
from aglais_hub.identity import scope
from tests.support.hub import HubDouble
from tests.support.key_site import KeySiteDouble, key_site
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "keys"), scope("write", "keys")
OWN = (f"{READ}!user=alice", f"{WRITE}!user=alice")
ACCOUNTS = scope("write", "accounts")
LEVELS = {"alice": 1, "bob": 1, "nora": 2}


@asynccontextmanager
async def key_world(
    database_url: str, hub: HubDouble, **config: Any
) -> AsyncIterator[tuple[RunningService, KeySiteDouble]]:
    """Run the accounts service, with some accounts, beside a site that publishes keys."""
    async with key_site() as site:
        urls = {"github_url": site.url, "gitlab_url": f"{site.url}/"}
        async with running(service, database_url, hub, **urls, **config) as at_work:
            async with at_work.program(ACCOUNTS) as api:
                for name, level in LEVELS.items():
                    await api.post("accounts", json={"name": name, "level": level})
            yield at_work, site
