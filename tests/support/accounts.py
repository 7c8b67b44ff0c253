"""The accounts service and its mails, for tests of how people come in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aglais_accounts import service
from aglais_accounts.managers import Managers
from aglais_accounts.schema import MailRow
from aglais_hub.client import AccountsClient
from aglais_hub.models.accounts import Account
from aglais_hub.models.identities import (
    Confirmation,
    ConfirmationRequest,
    PasswordChange,
    PasswordLogin,
    PasswordReset,
    PasswordResetRequest,
    ResendRequest,
    SignupRequest,
)
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

HERE = "192.0.2.1"
ADDRESS = "alice@example.org"
PASSWORD = "correct horse battery staple"
KEY = "A" * 43 + "="
LINK = re.compile(r"http\S+/hub/\w+/([\w-]{20,})")


@dataclass(frozen=True)
class Mail:
    """A mail that is still to be sent."""

    address: str
    subject: str
    text: str

    @property
    def code(self) -> str | None:
        """The secret of its link."""
        found = LINK.search(self.text)
        return found[1] if found else None


@dataclass
class AccountsWorld:
    """A running accounts service, and a client that may do everything."""

    running: RunningService
    client: AccountsClient

    @property
    def manager(self) -> Managers:
        manager: Managers = self.running.process.manager
        return manager

    async def outbox(self) -> list[Mail]:
        """Return all mails that are still to be sent, oldest first."""
        return await mails_of(self.manager)

    async def code_to(self, address: str) -> str:
        """Return the code of the last mail to an address that has one."""
        codes = [mail.code for mail in await self.outbox() if mail.address == address]
        return next(code for code in reversed(codes) if code)

    async def sign_up(self, address: str = ADDRESS, **more: Any) -> None:
        """Sign up."""
        given = {"address": address, "password": PASSWORD, "came_from": HERE} | more
        await self.client.sign_up(SignupRequest.model_validate(given))

    async def resend(self, address: str = ADDRESS, **more: Any) -> None:
        """Ask for the mail once more."""
        request = {"address": address, "came_from": HERE} | more
        await self.client.resend(ResendRequest.model_validate(request))

    async def confirm(self, address: str = ADDRESS, **more: Any) -> Confirmation:
        """Confirm with the last mail's code."""
        return await self.confirm_code(await self.code_to(address), **more)

    async def confirm_code(self, code: str, **more: Any) -> Confirmation:
        """Confirm with a code."""
        request = ConfirmationRequest.model_validate({"code": code, "came_from": HERE} | more)
        return await self.client.confirm(request)

    async def member(self, address: str = ADDRESS, **more: Any) -> Account:
        """Return a new account with an address and a password."""
        await self.sign_up(address, **more)
        return (await self.confirm(address)).account

    async def forget(self, address: str = ADDRESS, came_from: str = HERE) -> None:
        """Ask for a new password."""
        request = {"address": address, "came_from": came_from}
        await self.client.request_reset(PasswordResetRequest.model_validate(request))

    async def reset(self, code: str, password: str, came_from: str = HERE) -> Account:
        """Set a password with a code."""
        request = {"code": code, "password": password, "came_from": came_from}
        return await self.client.reset_password(PasswordReset.model_validate(request))

    async def change(self, name: str, password: str, current: str | None = None) -> None:
        """Set another password."""
        change = {"password": password, "current": current}
        await self.client.change_password(name, PasswordChange.model_validate(change))

    async def log_in(
        self, address: str = ADDRESS, password: str = PASSWORD, came_from: str = HERE
    ) -> Account:
        """Log in."""
        request = {"address": address, "password": password, "came_from": came_from}
        return await self.client.log_in(PasswordLogin.model_validate(request))


async def mails_of(manager: Managers) -> list[Mail]:
    """Return what is in an outbox, oldest first."""
    from sqlalchemy import select

    async with manager.reading() as stores:
        rows = (await stores.session.scalars(select(MailRow).order_by(MailRow.id))).all()
    return [Mail(row.address, row.subject, manager.vault.open(row.text)) for row in rows]


@asynccontextmanager
async def accounts_world(
    database_url: str, hub: HubDouble, **config: Any
) -> AsyncIterator[AccountsWorld]:
    """Run an accounts service until the block ends."""
    # One key for all replicas.
    given = {
        "secret_keys": KEY,
        "signups_per_hour": 1000,
        "guests_per_minute": 1000,
        "guest_limit": 1000,
    } | config
    async with running(service, database_url, hub, **given) as at_work:
        token = hub.token("program", *service.scopes, kind="service")
        client = AccountsClient(f"{at_work.url}api/", token)
        yield AccountsWorld(at_work, client)
        await client.close()
        await at_work.process.manager.close()
