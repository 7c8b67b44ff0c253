"""SSH keys of accounts."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from aglais_accounts.key_sites import KeySites
from aglais_accounts.managers.base import Stores
from aglais_accounts.managers.brakes import Brake
from aglais_accounts.managers.members import MemberManager
from aglais_hub.errors import AglaisError, Conflict, Forbidden, NotFound
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountState, Level
from aglais_hub.models.keys import (
    FoundKey,
    FoundState,
    KeyKind,
    KeySite,
    PrivateKey,
    SshKey,
    SshKeyEdit,
    SshKeyFetch,
    SshKeyGeneration,
    SshKeyRequest,
)
from aglais_hub.service import Context
from aglais_hub.ssh import PublicKey, new_key_pair, parse_public_key, refuse_private
from aglais_hub.versions import require_version

__all__ = [
    "READ_KEYS",
    "READ_PRIVATE",
    "WRITE_KEYS",
    "GuestKeysError",
    "KeyExistsError",
    "KeyLimitError",
    "KeyManager",
]

READ_KEYS, WRITE_KEYS = scope("read", "keys"), scope("write", "keys")
READ_PRIVATE = scope("read", "private-keys")

FETCHES = 10
MINUTE = timedelta(minutes=1)


class KeyExistsError(Conflict):
    """The account has this key already."""

    code = "key-exists"


class KeyLimitError(Conflict):
    """The account has as many keys as may be."""

    code = "key-limit"


class GuestKeysError(Forbidden):
    """Guests have no keys: nothing stays of a guest that one could open."""

    code = "guest-keys"


class LeavingKeysError(Conflict):
    """The account is on its way out; it gets nothing new."""

    code = "account-leaving"


class KeyManager(MemberManager):
    """Decides on keys, and keeps private halves where nobody sees them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.sites = KeySites(
            {KeySite.GITHUB: self.config.github_url, KeySite.GITLAB: self.config.gitlab_url}
        )

    async def keys(self, actor: Actor, name: str) -> list[SshKey]:
        """Return the keys of an account."""
        actor.require(READ_KEYS, owner=name)
        async with self.reading() as stores:
            await self._account(stores, name)
            return await stores.keys.of(name)

    async def key(self, actor: Actor, name: str, identifier: str) -> SshKey:
        """Return a key of an account."""
        actor.require(READ_KEYS, owner=name)
        async with self.reading() as stores:
            return await self._key(stores, name, identifier)

    async def add(self, actor: Actor, name: str, request: SshKeyRequest) -> SshKey:
        """Take a public key that was pasted.

        Raises
        ------
        NotAKeyError, WeakKeyError, PrivateKeyPastedError
            It is not one that is taken.
        KeyExistsError, KeyLimitError
            The account has it, or has as many as may be.
        """
        actor.require(WRITE_KEYS, owner=name)
        public = parse_public_key(request.public)
        key = _new(name, KeyKind.AUTHORIZED, public, "pasted", request.title)
        async with self.writing() as stores:
            await self._keep(stores, name, [key])
        self._added(key)
        return key

    async def generate(self, actor: Actor, name: str, request: SshKeyGeneration) -> SshKey:
        """Make a pair whose private half stays here, encrypted."""
        actor.require(WRITE_KEYS, owner=name)
        public, private = new_key_pair()
        key = _new(name, KeyKind.GENERATED, public, "generated", request.title)
        async with self.writing() as stores:
            await self._keep(stores, name, [key], self.vault.close(private))
        self._added(key)
        return key

    async def preview(self, actor: Actor, name: str, request: SshKeyFetch) -> list[FoundKey]:
        """Return what a site publishes under a name, and what of it would be added."""
        return [found for found, _ in await self._found(actor, name, request)]

    async def fetch(self, actor: Actor, name: str, request: SshKeyFetch) -> list[SshKey]:
        """Add what a site publishes under a name; what is known or refused is left out.

        Raises
        ------
        KeySiteError, NoSuchUserError
            The site does not answer with keys.
        KeyLimitError
            There is no room for all of them; none is added then.
        """
        found = await self._found(actor, name, request)
        wanted = None if request.fingerprints is None else set(request.fingerprints)
        source = f"{request.site.value}:{request.user}"
        keys = [
            _new(name, KeyKind.AUTHORIZED, public, source, public.comment or source)
            for one, public in found
            if public and one.state is FoundState.NEW
            if wanted is None or public.fingerprint in wanted
        ]
        async with self.writing() as stores:
            # Another request may have been faster.
            known = {key.fingerprint for key in await stores.keys.of(name)}
            keys = [key for key in keys if key.fingerprint not in known]
            await self._keep(stores, name, keys)
        for key in keys:
            self._added(key)
        return keys

    async def _found(
        self, actor: Actor, name: str, request: SshKeyFetch
    ) -> list[tuple[FoundKey, PublicKey | None]]:
        """Ask the site; no transaction is open meanwhile."""
        actor.require(WRITE_KEYS, owner=name)
        async with self.writing() as stores:
            _check_owner(await self._account(stores, name))
            brake = Brake(f"key-fetch:{name}", FETCHES, MINUTE, "Keys were fetched often just now.")
            await brake.press(stores.attempts, utcnow())
        lines = await self.sites.lines(request.site, request.user)
        async with self.reading() as stores:
            seen = {key.fingerprint for key in await stores.keys.of(name)}
        found = []
        for line in lines:
            one, public = _judged(line, seen)
            seen |= {public.fingerprint} if public else set()
            found.append((one, public))
        return found

    async def edit(
        self, actor: Actor, name: str, identifier: str, edit: SshKeyEdit, version: str | None
    ) -> SshKey:
        """Call a key something else."""
        actor.require(WRITE_KEYS, owner=name)
        refuse_private(edit.title.encode())
        async with self.writing() as stores:
            require_version(await self._key(stores, name, identifier), version)
            await stores.keys.rename(identifier, edit.title)
            return await self._key(stores, name, identifier)

    async def remove(self, actor: Actor, name: str, identifier: str) -> None:
        """Forget a key, and its private half if that is here."""
        actor.require(WRITE_KEYS, owner=name)
        async with self.writing() as stores:
            key = await self._key(stores, name, identifier)
            await stores.keys.remove(identifier)
        self.events.publish("key.removed", account=name, key=key.id, fingerprint=key.fingerprint)

    async def private(self, actor: Actor, name: str, identifier: str) -> PrivateKey:
        """Return the private half of a generated key, to a service that acts with it.

        Raises
        ------
        Forbidden
            A person asks, whatever scopes are held.
        NotFound
            The private half is with the key's owner.
        """
        actor.require(READ_PRIVATE)
        if actor.kind != "service":
            raise Forbidden("Private keys are given to services only, never to people.")
        async with self.writing() as stores:
            key = await self._key(stores, name, identifier)
            closed = await stores.keys.private(name, identifier)
            if closed is None:
                raise NotFound(f"The private half of {key.title} is with its owner, not here.")
            await stores.keys.used(identifier, utcnow())
        self.events.publish(
            "key.used", account=name, key=key.id, fingerprint=key.fingerprint, by=actor.name
        )
        return PrivateKey(id=key.id, account=name, private=self.vault.open(closed))

    async def _keep(
        self, stores: Stores, name: str, keys: list[SshKey], private: bytes | None = None
    ) -> None:
        """Keep new keys of an account, all or none, and tell its owner by mail."""
        await stores.accounts.lock(name)
        _check_owner(await self._account(stores, name))
        for key in keys:
            refuse_private(key.title.encode())
        known = {key.fingerprint: key for key in await stores.keys.of(name)}
        for key in keys:
            if earlier := known.get(key.fingerprint):
                raise KeyExistsError(f"{name} has this key already; it is called {earlier.title}.")
        if len(known) + len(keys) > self.config.ssh_key_limit:
            raise KeyLimitError(
                f"{name} has {len(known)} SSH keys; at most {self.config.ssh_key_limit} can be "
                "kept. Remove one that is no longer used first."
            )
        for key in keys:
            await stores.keys.add(key, private)
        if keys:
            link = self.config.link(f"/services/accounts/accounts/{name}/keys")
            await self._tell(stores, name, "keys-added", at=utcnow(), keys=keys, link=link)

    async def _key(self, stores: Stores, name: str, identifier: str) -> SshKey:
        key = await stores.keys.get(name, identifier)
        if key is None:
            raise NotFound(f"{name} has no SSH key {identifier}.")
        return key

    def _added(self, key: SshKey) -> None:
        self.events.publish(
            "key.added",
            account=key.account,
            key=key.id,
            fingerprint=key.fingerprint,
            source=key.source,
        )


def _check_owner(account: Account) -> None:
    if account.level is Level.ANONYMOUS:
        raise GuestKeysError("Guests have no SSH keys: register, and the account can have some.")
    if account.state is AccountState.LEAVING:
        raise LeavingKeysError(f"{account.name} is on the way out and can have no new keys.")


def _new(name: str, kind: KeyKind, public: PublicKey, source: str, title: str | None) -> SshKey:
    return SshKey(
        id=uuid4().hex,
        account=name,
        kind=kind,
        title=title or public.comment or public.algorithm,
        algorithm=public.algorithm,
        public=public.line,
        fingerprint=public.fingerprint,
        source=source,
        created_at=utcnow(),
        last_used_at=None,
    )


def _judged(line: str, known: set[str]) -> tuple[FoundKey, PublicKey | None]:
    """Return what becomes of a line that a site shows."""
    try:
        public = parse_public_key(line)
    except AglaisError as refused:
        state, why = FoundState.REFUSED, refused.message
        return FoundKey(state=state, algorithm=None, fingerprint=None, why=why), None
    state = FoundState.KNOWN if public.fingerprint in known else FoundState.NEW
    found = FoundKey(
        state=state, algorithm=public.algorithm, fingerprint=public.fingerprint, why=None
    )
    return found, public
