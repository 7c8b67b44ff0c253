"""How mails leave: by an SMTP server, or as files in a folder."""

from __future__ import annotations

import asyncio
import os
import ssl
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib

__all__ = [
    "Letter", "MailboxPost", "NoPost", "Post", "PostError", "SmtpPost", "SmtpServer"
]  # fmt: skip

TIMEOUT_SECONDS = 20
"""For each answer of the SMTP server."""


class PostError(Exception):
    """A mail could not be given away; the sentence is for those who run the platform."""


@dataclass(frozen=True)
class Letter:
    """A mail that is to leave.

    Parameters
    ----------
    id, created_at
        Make the name by which a mail program knows that two are the same.
    """

    id: int
    address: str
    subject: str
    text: str
    created_at: datetime

    @property
    def name(self) -> str:
        """Name of its file, and in its Message-ID."""
        return f"{self.created_at:%Y%m%dT%H%M%S}-{self.id:06}"

    def message(self, sender: str) -> EmailMessage:
        """Return it as it is sent."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, self.address, self.subject
        message["Date"] = format_datetime(self.created_at)
        message["Message-ID"] = f"<{self.name}@{parseaddr(sender)[1].rpartition('@')[2]}>"
        # No absence notes, please.
        message["Auto-Submitted"] = "auto-generated"
        # Long links stay in one line, for whoever reads the file itself.
        message.set_content(self.text, cte="7bit" if self.text.isascii() else "quoted-printable")
        return message


Deliver = Callable[[Letter], Awaitable[None]]
"""Returns when the letter is accepted; PostError where it is not."""


class Post(ABC):
    """A way for mails to leave."""

    @abstractmethod
    def open(self) -> AbstractAsyncContextManager[Deliver]:
        """Connect, for some letters.

        Raises
        ------
        PostError
            Nothing can leave now.
        """


@dataclass(frozen=True)
class SmtpServer:
    """What an ``smtp://user:password@host:587`` says.

    ``smtp`` changes to TLS by STARTTLS and gives up where the server cannot;
    ``smtp://host:25?tls=off`` does not, for a server on the same machine.
    ``smtps`` is TLS from the first byte.
    """

    host: str
    port: int
    user: str | None
    password: str | None
    is_tls: bool
    is_starttls: bool

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """Read a URL.

        Raises
        ------
        ValueError
            It is none; the sentence says how one looks, and nothing of what was given.
        """
        wrong = "write smtp://user:password@host:587, smtps://..., or smtp://host:25?tls=off"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError(wrong) from None
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        is_known = parts.scheme in {"smtp", "smtps"} and query in ({}, {"tls": "off"})
        if not (is_known and parts.hostname) or parts.path.strip("/"):
            raise ValueError(wrong)
        is_tls, is_off = parts.scheme == "smtps", bool(query)
        return cls(
            host=parts.hostname,
            port=port or (465 if is_tls else 25 if is_off else 587),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            is_tls=is_tls,
            is_starttls=not (is_tls or is_off),
        )


class SmtpPost(Post):
    """Gives mails to an SMTP server; it is done when the server has accepted one."""

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self.server, self.sender = server, sender

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Deliver]:
        """Connect and log in."""
        server = self.server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.is_tls,
            start_tls=server.is_starttls,
            timeout=TIMEOUT_SECONDS,
            tls_context=ssl.create_default_context(),
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError) as failure:
            client.close()
            raise PostError(f"{server.host}:{server.port} {_said(failure)}") from failure
        try:
            yield self._deliver(client)
        finally:
            await _part_from(client)

    def _deliver(self, client: aiosmtplib.SMTP) -> Deliver:
        async def deliver(letter: Letter) -> None:
            try:
                await client.send_message(letter.message(self.sender))
            except (aiosmtplib.SMTPException, OSError, ValueError) as failure:
                host = f"{self.server.host}:{self.server.port}"
                raise PostError(f"{host} {_said(failure)}") from failure

        return deliver


async def _part_from(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        client.close()  # What was accepted is accepted.


def _said(failure: Exception) -> str:
    """Return what went wrong, without what was sent: a server may repeat that."""
    code = getattr(failure, "code", None)
    return f"answered {code}" if code else f"failed: {type(failure).__name__}"


class MailboxPost(Post):
    """Writes mails into a folder that only its owner looks into."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder, self.sender = folder, sender

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Deliver]:
        """Make the folder."""
        try:
            await asyncio.to_thread(self.folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        except OSError as failure:
            raise PostError(f"{self.folder}: {failure.strerror}") from failure
        yield self._deliver

    async def _deliver(self, letter: Letter) -> None:
        try:
            await asyncio.to_thread(self._write, letter)
        except OSError as failure:
            raise PostError(f"{self.folder}: {failure.strerror}") from failure

    def _write(self, letter: Letter) -> None:
        # Whole or not at all; and the same file if it is written again.
        path = self.folder / f"{letter.name}.eml"
        part = path.with_suffix(".part")
        with open(part, "wb", opener=lambda name, flags: os.open(name, flags, mode=0o600)) as file:
            file.write(letter.message(self.sender).as_bytes())
        part.replace(path)


class NoPost(Post):
    """No way at all: mails wait until one is configured."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Deliver]:
        """Say so."""
        raise PostError(
            "there is no way for mails: set AGLAIS_ACCOUNTS_SMTP_URL or AGLAIS_ACCOUNTS_MAILBOX"
        )
        yield
