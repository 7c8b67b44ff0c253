"""Sends mails: what is in the outbox leaves it when somebody has accepted it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken

from aglais_accounts.config import AccountsConfig
from aglais_accounts.managers.base import NOBODY, AccountsManager
from aglais_accounts.post import (
    Deliver,
    Letter,
    MailboxPost,
    NoPost,
    Post,
    PostError,
    SmtpPost,
    SmtpServer,
)
from aglais_accounts.schema import MailRow
from aglais_hub.models import utcnow

__all__ = ["Outbox", "post_of"]

log = logging.getLogger(__name__)

BATCH = 50

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
"""Before a mail is tried again; doubled each time. The first one is longer than a try takes, so
that no other replica takes the same mail meanwhile."""

KEPT_FOR = timedelta(days=3)
"""After that a mail is given up; what is in it is long too old by then."""


class Outbox:
    """Sends what is due.

    A mail is put off before it is tried, and removed after it was accepted. A process that is
    killed between the two sends it once more after the pause: a mail may come twice, with the
    same Message-ID, but none is lost.
    """

    def __init__(self, manager: AccountsManager, post: Post | None = None) -> None:
        self.manager = manager
        self.post = post or post_of(manager.config)

    async def send(self) -> None:
        """Send all mails that are due; one that cannot leave keeps no other."""
        async with self.manager.reading() as stores:
            due = await stores.mails.due(utcnow(), BATCH)
        mails = [mail for mail in due if mail.address != NOBODY]
        async with self.manager.writing() as stores:
            for mail in due:
                if mail.address == NOBODY:
                    await stores.mails.remove(mail.id)
        if not mails:
            return
        try:
            async with self.post.open() as deliver:
                for mail in mails:
                    await self._send(mail, deliver)
        except PostError as failure:
            log.warning("mails wait: %s", failure)
            for mail in mails:
                await self._put_off(mail)

    async def _send(self, mail: MailRow, deliver: Deliver) -> None:
        if not await self._put_off(mail):
            return
        try:
            await deliver(self._letter(mail))
        except PostError as failure:
            log.warning("mail %s waits: %s", mail.id, failure)
        except InvalidToken:
            log.error("mail %s waits: none of AGLAIS_ACCOUNTS_SECRET_KEYS opens it", mail.id)
        else:
            async with self.manager.writing() as stores:
                await stores.mails.remove(mail.id)

    def _letter(self, mail: MailRow) -> Letter:
        text = self.manager.vault.open(mail.text)
        return Letter(mail.id, mail.address, mail.subject, text, mail.created_at)

    async def _put_off(self, mail: MailRow) -> bool:
        """Put a mail off until its next try, or give it up; tell whether it is ours to try."""
        now = utcnow()
        async with self.manager.writing() as stores:
            if now - mail.created_at <= KEPT_FOR:
                return await stores.mails.put_off(mail.id, mail.tries, _next(mail.tries, now))
            is_ours = await stores.mails.remove(mail.id)
            # Nobody may lose an account by a warning that never came.
            await stores.absences.forget_warning(mail.address)
        if is_ours:
            log.error("mail %s (%s) is given up after %s tries", mail.id, mail.subject, mail.tries)
            self.manager.events.publish("mail.given-up", mail=mail.id, subject=mail.subject)
        return False


def post_of(config: AccountsConfig) -> Post:
    """Return the configured way."""
    if config.smtp_url is not None:
        server = SmtpServer.parse(config.smtp_url.get_secret_value())
        return SmtpPost(server, str(config.mail_from))
    if config.mailbox is not None:
        return MailboxPost(config.mailbox, config.mail_from or "aglais@localhost")
    return NoPost()


def _next(tries: int, now: datetime) -> datetime:
    pause: timedelta = min(FIRST_PAUSE * (1 << min(tries, 20)), LONGEST_PAUSE)
    return now + pause
