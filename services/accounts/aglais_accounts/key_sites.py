"""Sites that publish the SSH keys of their users, and how they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx

from aglais_hub.errors import NotFound, Unavailable
from aglais_hub.models.keys import KeySite

__all__ = ["KeySiteError", "KeySites", "NoSuchUserError"]

DEADLINE_SECONDS = 10
"""For everything; somebody waits for a page."""

LARGEST_ANSWER = 64 * 1024
MOST_KEYS = 100


class KeySiteError(Unavailable):
    """A site does not answer, or not with keys."""

    code = "key-site"


class NoSuchUserError(NotFound):
    """A site has no such user, or shows no keys of theirs."""

    code = "no-such-user"


class KeySites:
    """Asks for ``URL/NAME.keys``, which GitHub and GitLab have for everybody.

    Parameters
    ----------
    urls
        Addresses of the sites.
    """

    def __init__(self, urls: Mapping[KeySite, str]) -> None:
        self.urls = urls

    async def lines(self, site: KeySite, user: str) -> list[str]:
        """Return the lines of keys that a site shows of a user.

        Raises
        ------
        KeySiteError
            It does not answer in time, or with something else.
        NoSuchUserError
            It knows no such user, or no keys of theirs.
        """
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                text = await self._text(site, user)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as failure:
            raise KeySiteError(
                f"{site.word} does not answer. Please try again in a minute, or paste the key.",
                retry_after=60,
            ) from failure
        lines = [line for line in map(str.strip, text.splitlines()) if line]
        if not lines:
            raise NoSuchUserError(f"{site.word} shows no SSH keys of {user}.")
        if len(lines) > MOST_KEYS:
            raise _strange(site, f"more than {MOST_KEYS} lines")
        return lines

    async def _text(self, site: KeySite, user: str) -> str:
        url = f"{self.urls[site].rstrip('/')}/{user}.keys"
        # Where a redirect leads to is nobody whom the user has named. Not compressed: what is
        # small on the way could be large here.
        headers = {"Accept": "text/plain", "Accept-Encoding": "identity"}
        async with (
            httpx.AsyncClient(follow_redirects=False, timeout=DEADLINE_SECONDS) as http,
            http.stream("GET", url, headers=headers) as answer,
        ):
            self._check(site, user, answer)
            content = await _read(site, answer)
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise _strange(site, "something that is no text") from None

    def _check(self, site: KeySite, user: str, answer: httpx.Response) -> None:
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise NoSuchUserError(f"{site.word} has no user {user}. Check how the name is written.")
        if answer.is_redirect:
            raise NoSuchUserError(
                f"{site.word} shows no keys of {user} to everybody: it sends to another page."
            )
        if answer.status_code != httpx.codes.OK:
            raise KeySiteError(
                f"{site.word} answered with an error ({answer.status_code}). "
                "Please try again in a minute, or paste the key.",
                retry_after=60,
            )
        if not answer.headers.get("Content-Type", "").startswith("text/plain"):
            raise _strange(site, "a page")


async def _read(site: KeySite, answer: httpx.Response) -> bytes:
    content = b""
    async for chunk in answer.aiter_raw():
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise _strange(site, f"more than {LARGEST_ANSWER // 1024} KiB")
    return content


def _strange(site: KeySite, what: str) -> KeySiteError:
    return KeySiteError(f"{site.word} answered with {what}, not with SSH keys; paste the key.")
