"""Mails that other services ask the accounts service to send."""

from __future__ import annotations

from aglais_hub.client import AccountsClient
from aglais_hub.identity import scope
from aglais_hub.models.mails import MailRequest
from tests.support.accounts import accounts_world
from tests.support.hub import HubDouble

MAILS = scope("write", "mails")
BEGINS = MailRequest(subject="Your booking begins", text="Tomorrow at nine.")


async def test_a_member_is_written_to_once_whoever_asks_again(
    database_url: str, hub: HubDouble
) -> None:
    async with accounts_world(database_url, hub) as world:
        account = await world.member()
        before = len(await world.outbox())
        token = hub.token("booking", MAILS, kind="service")
        booking = AccountsClient(f"{world.running.url}api/", token)
        for _ in range(3):
            await booking.send_mail(account.name, BEGINS, key="start:1")
        await booking.close()
        written = (await world.outbox())[before:]
    assert [(mail.address, mail.subject, mail.text) for mail in written] == [
        ("alice@example.org", BEGINS.subject, BEGINS.text)
    ]


async def test_a_guest_has_no_address_and_that_is_no_error(
    database_url: str, hub: HubDouble
) -> None:
    async with accounts_world(database_url, hub) as world:
        guest = await world.client.open_guest("192.0.2.1")
        token = hub.token("booking", MAILS, kind="service")
        booking = AccountsClient(f"{world.running.url}api/", token)
        await booking.send_mail(guest.name, BEGINS)
        await booking.close()
        assert await world.outbox() == []
