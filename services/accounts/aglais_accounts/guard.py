"""Passwords: hashed with argon2id and judged by zxcvbn, on threads of their own."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from aglais_hub.errors import InvalidRequest, Unavailable

__all__ = ["PasswordGuard", "PasswordsBusyError", "Verdict", "WeakPasswordError"]

T = TypeVar("T")

OWASP = {"memory_cost": 19_456, "time_cost": 2, "parallelism": 1}
"""Argon2id as OWASP's password storage cheat sheet has it: 19 MiB, two passes, one lane."""

LEAST_SCORE = 3
"""Of zxcvbn's 0 to 4: safely unguessable, more than 10^8 guesses."""

JUDGED_CHARACTERS = 32
"""What is longer is judged by its beginning: the time goes up fast where many characters may
stand for letters (0.2 s for the worst 32 of them, 1.6 s for 72)."""

NICENESS, MOST_NICENESS = 10, 19
"""Of the threads that hash, above that of the process: whoever does not hash goes first."""

BUSY_SECONDS = 2
"""When to try again where too many passwords wait."""


class WeakPasswordError(InvalidRequest):
    """The password is easy to guess."""

    code = "weak-password"


class PasswordsBusyError(Unavailable):
    """More passwords than can be hashed soon are waiting already."""

    code = "passwords-busy"


@dataclass(frozen=True)
class Verdict:
    """Whether a password was the right one.

    Parameters
    ----------
    is_right
        It was.
    renewed
        A hash of it to be kept instead, where the present one is not made as hashes are now.
    """

    is_right: bool
    renewed: str | None = None


class PasswordGuard:
    """Hashes and judges passwords, so many at once and never on the event loop.

    Parameters
    ----------
    threads
        Passwords hashed at once; each takes 19 MiB.
    queue
        Passwords that may wait; more are refused, so that those who wait are served in time.
    """

    def __init__(self, threads: int, queue: int, **parameters: Any) -> None:
        self._hasher = PasswordHasher(**(OWASP | parameters))
        self._queue, self._waiting = queue, 0
        self._hashing = ThreadPoolExecutor(threads, "hash", initializer=_give_way)
        # One thread only, as zxcvbn keeps the words of the person in a variable of its module.
        # It does not give way: it holds the interpreter's lock, which all others need.
        self._judging = ThreadPoolExecutor(1, "judge")
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        return await self._on(self._hashing, lambda: self._hasher.hash(_one_spelling(password)))

    async def verify(self, known: str | None, password: str) -> Verdict:
        """Compare a password with the hash that is kept.

        Parameters
        ----------
        known
            None: there is nobody. It takes as long, and is never right.
        """
        return await self._on(self._hashing, lambda: self._verify(known, _one_spelling(password)))

    def _verify(self, known: str | None, password: str) -> Verdict:
        try:
            self._hasher.verify(known or self._nobody, password)
        except (Argon2Error, InvalidHashError):
            return Verdict(is_right=False)
        if known is None:
            return Verdict(is_right=False)
        renew = self._hasher.check_needs_rehash(known)
        return Verdict(is_right=True, renewed=self._hasher.hash(password) if renew else None)

    async def judge(self, password: str, words: Iterable[str | None]) -> None:
        """Refuse a password that is easy to guess.

        Parameters
        ----------
        words
            What everybody knows of the person: names, addresses.

        Raises
        ------
        WeakPasswordError
            It says why, and what would be better.
        """
        known = [word for word in words if word]
        await self._on(self._judging, lambda: _judge(password[:JUDGED_CHARACTERS], known))

    async def _on(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._waiting >= self._queue:
            raise PasswordsBusyError(
                "Too many people are logging in or signing up just now. "
                "Please try again in a moment.",
                retry_after=BUSY_SECONDS,
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the threads, without waiting for what they do."""
        for threads in (self._hashing, self._judging):
            threads.shutdown(wait=False, cancel_futures=True)


def _give_way() -> None:
    """Let the thread yield to everybody else; only Linux knows the niceness of a thread."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        niceness = os.getpriority(os.PRIO_PROCESS, thread) + NICENESS
        os.setpriority(os.PRIO_PROCESS, thread, min(niceness, MOST_NICENESS))


def _one_spelling(password: str) -> str:
    """Return the same text for what keyboards spell differently: é, or e and an accent."""
    return unicodedata.normalize("NFKC", password)


def _judge(password: str, words: list[str]) -> None:
    from zxcvbn import zxcvbn

    parts = {part for word in words for part in _parts(word)}
    found = zxcvbn(_one_spelling(password)[:JUDGED_CHARACTERS], sorted(parts))
    if found["score"] >= LEAST_SCORE:
        return
    advice = (found["feedback"]["warning"], *found["feedback"]["suggestions"])
    said = " ".join(f"{text.rstrip('.')}." for text in advice if text)
    raise WeakPasswordError(f"This password is easy to guess. {said}".strip())


def _parts(word: str) -> list[str]:
    """Return a name or address, and what it is put together from."""
    pieces = "".join(one if one.isalnum() else " " for one in word).split()
    return [word, *(piece for piece in pieces if len(piece) > 2)]
