"""Secrets: how they are made, and what of them is kept."""

from __future__ import annotations

import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

__all__ = ["Vault", "digest", "new_code"]


def new_code() -> str:
    """Return a new secret of 32 random bytes, for a URL."""
    return secrets.token_urlsafe(32)


def digest(code: str) -> str:
    """Return what is kept of a secret that is random itself: its SHA-256."""
    return hashlib.sha256(code.encode()).hexdigest()


class Vault:
    """Encrypts what must be read again (Fernet: AES-128-CBC with HMAC-SHA256).

    Parameters
    ----------
    keys
        Fernet keys, separated by commas; the first one encrypts, all of them decrypt.
    """

    def __init__(self, keys: str) -> None:
        fernets = [Fernet(key.strip()) for key in keys.split(",")]
        self._first, self._fernet = fernets[0], MultiFernet(fernets)

    def close(self, text: str) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(text.encode())

    def open(self, closed: bytes) -> str:
        """Decrypt.

        Raises
        ------
        cryptography.fernet.InvalidToken
            None of the keys fits, or somebody has changed it.
        """
        return self._fernet.decrypt(closed).decode()

    def renew(self, closed: bytes) -> bytes:
        """Encrypt again with the first key."""
        return self._fernet.rotate(closed)

    def fits(self, closed: bytes) -> bool:
        """Tell whether one of the keys opens it."""
        return _opens(self._fernet, closed)

    def is_current(self, closed: bytes) -> bool:
        """Tell whether the first key opens it."""
        return _opens(self._first, closed)


def _opens(fernet: Fernet | MultiFernet, closed: bytes) -> bool:
    try:
        fernet.decrypt(closed)
    except InvalidToken:
        return False
    return True
