"""What mails say; the texts are files in ``mails/``."""

from __future__ import annotations

from aglais_hub.letters import Letters

__all__ = ["letter"]

letter = Letters("aglais_booking").write
