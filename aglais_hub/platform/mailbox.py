"""The mailbox of the embedded platform: what comes in is told on the console, with its links."""

from __future__ import annotations

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

__all__ = ["Mailbox"]

LINK = re.compile(r"https?://\S+")


class Mailbox:
    """A folder of mails that were not sent, as there is no SMTP server.

    Parameters
    ----------
    folder
        Where the accounts service writes them; mails that lie there already are not told.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._told = self._names()

    def _names(self) -> set[str]:
        return {path.name for path in self.folder.glob("*.eml")}

    def news(self) -> list[str]:
        """Return what is to be told: for each new mail, whom it is to, and its links."""
        new = sorted(self._names() - self._told)
        self._told.update(new)
        return [line for name in new for line in _lines(self.folder / name)]


def _lines(path: Path) -> list[str]:
    try:
        mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(path.read_bytes())
        text = str(mail.get_content())
    except (OSError, LookupError, ValueError):
        return [f"Mail: {path}"]
    links = LINK.findall(text)
    said = [f"Mail to {mail['To']}: {mail['Subject']}", *(f"  {link}" for link in links)]
    return [_printable(line) for line in said]


def _printable(line: str) -> str:
    """Return a line without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)
