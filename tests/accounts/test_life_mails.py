"""The mails of an account's end, by a real SMTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from aglais_accounts.outbox import Outbox
from aglais_accounts.reaper import Reaper
from aglais_accounts.watch import Watch
from aglais_hub.client import ServiceClients
from aglais_hub.client.mock import MockPlatform
from aglais_hub.models import utcnow
from tests.accounts.test_mails import PUBLIC, by
from tests.support.accounts import ADDRESS, AccountsWorld, accounts_world
from tests.support.hub import HubDouble
from tests.support.smtp import SmtpDouble, smtp_server

pytestmark = pytest.mark.slow


@pytest.fixture
async def world(
    database_url: str, hub: HubDouble
) -> AsyncIterator[tuple[AccountsWorld, SmtpDouble]]:
    with smtp_server() as smtp:
        async with accounts_world(database_url, hub, **by(smtp.port)) as world:
            mock: ServiceClients = MockPlatform().clients
            elsewhere = world.manager.context.clients
            elsewhere.__dict__ |= {part: getattr(mock, part) for part in ("hub", "booking")}
            elsewhere.__dict__["storage"] = mock.storage
            yield world, smtp


async def test_warned_and_then_told_what_went(world: tuple[AccountsWorld, SmtpDouble]) -> None:
    accounts, smtp = world
    await accounts.member(name="alice")
    async with accounts.manager.writing() as stores:
        dates = {"created_at": utcnow() - timedelta(days=90)}
        dates["expires_at"] = utcnow() + timedelta(hours=12)
        await stores.accounts.change("alice", **dates)
    for _ in range(2):
        await Watch(accounts.manager).look()
        await Outbox(accounts.manager).send()
    warnings = [mail for mail in smtp.to(ADDRESS) if "goes on" in mail["Subject"]]
    assert len(warnings) == 1
    text = " ".join(warnings[0].get_content().split())
    assert "The time of your account alice ends" in text
    assert f"{PUBLIC}services/accounts/accounts/alice" in text
    await accounts.client.leave("alice", "asked to")
    await Reaper(accounts.manager).depart()
    await Outbox(accounts.manager).send()
    last = smtp.to(ADDRESS)[-1]
    assert last["Subject"] == "Your account alice is erased"
    assert "ways to log in" in last.get_content()
    assert "password" in last.get_content()
