"""What was changed about an account, by whom, when and why."""

from __future__ import annotations

from aglais_accounts import service
from aglais_accounts.managers import Managers
from aglais_accounts.managers.base import READ, WRITE
from aglais_hub.client import AccountsClient
from aglais_hub.models.accounts import AccountRequest
from tests.support.hub import HubDouble
from tests.support.services import running


async def test_changes_are_kept_newest_first_and_go_with_their_account(
    database_url: str, hub: HubDouble
) -> None:
    async with running(service, database_url, hub) as at_work:
        manager: Managers = at_work.process.manager
        token = hub.token("program", READ, WRITE, kind="service")
        client = AccountsClient(f"{at_work.url}api/", token)
        for name in ("alice", "bob"):
            await client.create_account(AccountRequest(name=name))
        async with manager.writing() as stores:
            await stores.changes.add("alice", "olga", "password", None, None, None)
            await stores.changes.add("alice", "olga", "display_name", None, "Alice", "she asked")
            await stores.changes.add("bob", "olga", "level", "1", "2", "a course")
        async with manager.reading() as stores:
            (first, *_), total = await stores.changes.page("alice", 0, 1)
            assert (first.by, first.field, first.old, first.new, first.why) == (
                "olga", "display_name", None, "Alice", "she asked",
            )  # fmt: skip
            (second,), _ = await stores.changes.page("alice", 1, 5)
            assert (second.field, total) == ("password", 2)
            assert first.at >= second.at
        async with manager.writing() as stores:
            await stores.accounts.remove("alice")
            assert await stores.changes.page("alice", 0, 5) == ([], 0)
            assert (await stores.changes.page("bob", 0, 5))[1] == 1
        await client.close()
