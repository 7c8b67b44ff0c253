"""Encrypts anew what is kept encrypted: ``python -m aglais_accounts rotate-keys``.

It can be killed anywhere and run again: each value is under one key of the list at any time, and
no key leaves the list before the last value is under another one.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from aglais_accounts.config import AccountsConfig, key_file
from aglais_accounts.stores.sealed import Sealed, SealedStore
from aglais_accounts.vault import Vault
from aglais_hub.database import Database
from aglais_hub.database.migrations import migrate
from aglais_hub.errors import OperatorError

__all__ = ["KeyLostError", "renew", "rotate"]

KEYS = "AGLAIS_ACCOUNTS_SECRET_KEYS"
BATCH = 100


class KeyLostError(OperatorError):
    """Something is under a key that is not in the list."""

    code = "key-lost"


async def rotate(environment: Mapping[str, str], home: Path) -> str:
    """Encrypt anew what an embedded platform keeps; returns what was done, in a sentence.

    With keys that are the operator's, the first of them is taken. Keys of the platform's own
    are followed by a new one; the platform may not run meanwhile, since it knows the old list.
    """
    if KEYS in os.environ:
        return await renew(AccountsConfig.load(environment))
    file = key_file(home)
    new = Fernet.generate_key().decode()
    keys = f"{new},{file.read_text()}"
    config = AccountsConfig.load({**environment, KEYS: keys})
    await _check(config)
    _write(file, keys)
    done = await renew(config)
    _write(file, new)
    return f"{done} The old keys are gone."


async def renew(config: AccountsConfig) -> str:
    """Bring everything under the first key of the list.

    Raises
    ------
    KeyLostError
        Some value fits none of the keys; nothing was changed.
    """
    await _check(config)
    vault, database = _vault(config), Database(config.database_url.get_secret_value())
    count = 0
    try:
        # Whatever was written under an old key while this ran is seen in the next round.
        while stale := await _stale(database, vault):
            await _replace(database, vault, stale)
            count += len(stale)
    finally:
        await database.close()
    return f"{count} values were encrypted anew; all are under the first key."


def _vault(config: AccountsConfig) -> Vault:
    return Vault(config.secret_keys.get_secret_value())


async def _check(config: AccountsConfig) -> None:
    """Refuse to begin where some value could not be read: it would be lost with its key."""
    url = config.database_url.get_secret_value()
    migrate("aglais_accounts", url)
    vault, database = _vault(config), Database(url)
    try:
        async with database.reading() as session:
            found = SealedStore(session).all()
            lost = Counter([sealed.what async for sealed in found if not vault.fits(sealed.value)])
    finally:
        await database.close()
    if lost:
        listed = ", ".join(f"{count} {what}" for what, count in lost.items())
        raise KeyLostError(
            f"Nothing was changed: {listed} fit none of the keys in {KEYS}. Add the key that "
            "they were encrypted with to the end of the list, or remove them first."
        )


async def _stale(database: Database, vault: Vault) -> list[Sealed]:
    """Return some values that are not under the first key; empty: none is."""
    stale: list[Sealed] = []
    async with database.reading() as session:
        async for sealed in SealedStore(session).all():
            if not vault.is_current(sealed.value):
                stale.append(sealed)
            if len(stale) == BATCH:
                break
    return stale


async def _replace(database: Database, vault: Vault, stale: list[Sealed]) -> None:
    renewed = [(sealed, vault.renew(sealed.value)) for sealed in stale]
    async with database.transaction() as session:
        for sealed, value in renewed:
            await SealedStore(session).replace(sealed, value)


def _write(file: Path, keys: str) -> None:
    """Write the list of keys, wholly or not at all, and for good."""
    new = file.with_suffix(".new")
    with open(new, "w", opener=lambda name, flags: os.open(name, flags, mode=0o600)) as written:
        written.write(keys)
        written.flush()
        os.fsync(written.fileno())
    new.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
