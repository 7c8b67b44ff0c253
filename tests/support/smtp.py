"""A real SMTP server on loopback, which keeps what it accepts."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from tornado.testing import bind_unused_port

USER, PASSWORD = "mailer", "p@ss/word:1"
"""Who may send, where it asks."""


@dataclass
class SmtpDouble:
    """What the server has accepted, and what it refuses."""

    port: int
    accepted: list[EmailMessage] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    """Answers to addresses, instead of taking their mails."""
    is_encrypted: list[bool] = field(default_factory=list)

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails to an address."""
        return [mail for mail in self.accepted if mail["To"] == address]

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's word)
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, EmailMessage, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.accepted.append(mail)
        self.is_encrypted.append(session.ssl is not None)
        return "250 Accepted"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login.decode())
        is_right = (given.login.decode(), given.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=is_right)


@contextmanager
def smtp_server(port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[SmtpDouble]:
    """Run a server until the block ends; with `tls` it wants STARTTLS and a login."""
    if not port:
        socket, port = bind_unused_port()
        socket.close()
    double = SmtpDouble(port)
    secure = {
        "tls_context": tls,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": double.authenticate,
    }
    server = Controller(double, "127.0.0.1", port, **(secure if tls else {}))
    server.start()
    try:
        yield double
    finally:
        server.stop()
