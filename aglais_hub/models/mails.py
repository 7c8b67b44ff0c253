"""Mails that a service asks the accounts service, which knows the addresses, to send."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from aglais_hub.models import Model

__all__ = ["MailRequest"]


class MailRequest(Model):
    """A mail to the owner of an account."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]
    text: Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
