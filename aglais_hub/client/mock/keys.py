"""SSH keys of the accounts service, in memory."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from aglais_hub.client.mock.people import MockPeople
from aglais_hub.client.mock.service import Asked, answers, refused
from aglais_hub.errors import AglaisError, Conflict, Forbidden, NotFound
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import AccountState, Level
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
from aglais_hub.ssh import PublicKey, new_key_pair, parse_public_key

__all__ = ["MockKeys"]

READ, WRITE = scope("read", "keys"), scope("write", "keys")
READ_PRIVATE = scope("read", "private-keys")
LIMIT = 50
FETCHES, MINUTE = 10, timedelta(minutes=1)


class MockKeys(MockPeople):
    """SSH keys of accounts."""

    def __init__(self) -> None:
        super().__init__()
        self.ssh_keys: dict[str, SshKey] = {}
        self.private_halves: dict[str, str] = {}
        self.published: dict[tuple[KeySite, str], list[str]] = {}
        """Lines that a site shows of a user."""

    def forget(self, name: str) -> None:
        """Forget an account and its keys."""
        super().forget(name)
        self.ssh_keys = {k: one for k, one in self.ssh_keys.items() if one.account != name}

    @answers("GET", "accounts/{name}/keys", READ)
    def keys(self, asked: Asked, name: str) -> list[SshKey]:
        """List the keys of an account."""
        asked.actor.require(READ, owner=name)
        self.account_of(name)
        return self.keys_of(name)

    def keys_of(self, name: str) -> list[SshKey]:
        """Return the keys of an account."""
        return [key for key in self.ssh_keys.values() if key.account == name]

    @answers("POST", "accounts/{name}/keys", WRITE, status=201)
    def add_key(self, asked: Asked, name: str) -> SshKey:
        """Take a public key."""
        request = asked.body(SshKeyRequest)
        asked.actor.require(WRITE, owner=name)
        public = parse_public_key(request.public)
        return self._key_kept(name, KeyKind.AUTHORIZED, public, "pasted", request.title)

    @answers("POST", "accounts/{name}/keys/preview", WRITE)
    def preview_keys(self, asked: Asked, name: str) -> list[FoundKey]:
        """Show what a site publishes."""
        request = asked.body(SshKeyFetch)
        asked.actor.require(WRITE, owner=name)
        return [found for found, _ in self._shown(name, request)]

    @answers("POST", "accounts/{name}/keys/fetch", WRITE)
    def fetch_keys(self, asked: Asked, name: str) -> list[SshKey]:
        """Add what a site publishes."""
        request = asked.body(SshKeyFetch)
        asked.actor.require(WRITE, owner=name)
        source = f"{request.site.value}:{request.user}"
        return [
            self._key_kept(name, KeyKind.AUTHORIZED, public, source, public.comment or source)
            for found, public in self._shown(name, request)
            if public and found.state is FoundState.NEW
            if request.fingerprints is None or public.fingerprint in request.fingerprints
        ]

    def _shown(self, name: str, request: SshKeyFetch) -> list[tuple[FoundKey, PublicKey | None]]:
        self._check_key_owner(name)
        self.press(f"key-fetch:{name}", FETCHES, MINUTE)
        lines = self.published.get((request.site, request.user))
        if not lines:
            message = f"{request.site.word} has no user {request.user}."
            raise refused(NotFound, "no-such-user", message)
        known = {key.fingerprint for key in self.keys_of(name)}
        return [_judged(line, known) for line in lines]

    @answers("POST", "accounts/{name}/keys/generate", WRITE, status=201)
    def generate_key(self, asked: Asked, name: str) -> SshKey:
        """Make a pair."""
        request = asked.body(SshKeyGeneration)
        asked.actor.require(WRITE, owner=name)
        public, private = new_key_pair()
        key = self._key_kept(name, KeyKind.GENERATED, public, "generated", request.title)
        self.private_halves[key.id] = private
        return key

    @answers("GET", "accounts/{name}/keys/{key}", READ)
    def key(self, asked: Asked, name: str, key: str) -> SshKey:
        """Return a key."""
        asked.actor.require(READ, owner=name)
        return self._ssh_key(name, key)

    @answers("POST", "accounts/{name}/keys/{key}", WRITE)
    def edit_key(self, asked: Asked, name: str, key: str) -> SshKey:
        """Call a key something else."""
        edit = asked.body(SshKeyEdit)
        asked.actor.require(WRITE, owner=name)
        self.ssh_keys[key] = self._ssh_key(name, key).model_copy(update={"title": edit.title})
        return self.ssh_keys[key]

    @answers("DELETE", "accounts/{name}/keys/{key}", WRITE, status=204)
    def remove_key(self, asked: Asked, name: str, key: str) -> None:
        """Remove a key."""
        asked.actor.require(WRITE, owner=name)
        self._ssh_key(name, key)
        del self.ssh_keys[key]
        self.private_halves.pop(key, None)

    @answers("GET", "accounts/{name}/keys/{key}/private", READ_PRIVATE)
    def private_key(self, asked: Asked, name: str, key: str) -> PrivateKey:
        """Return a private half."""
        asked.actor.require(READ_PRIVATE)
        if asked.actor.kind != "service":
            raise Forbidden("Private keys are given to services only, never to people.")
        self._ssh_key(name, key)
        if key not in self.private_halves:
            raise NotFound("The private half is with its owner, not here.")
        self.used(key)
        return PrivateKey(id=key, account=name, private=self.private_halves[key])

    def used(self, key: str) -> None:
        """Note that a key was asked for."""
        self.ssh_keys[key] = self.ssh_keys[key].model_copy(update={"last_used_at": utcnow()})

    def _ssh_key(self, name: str, key: str) -> SshKey:
        found = self.ssh_keys.get(key)
        if found is None or found.account != name:
            raise NotFound(f"{name} has no SSH key {key}.")
        return found

    def _key_kept(
        self, name: str, kind: KeyKind, public: PublicKey, source: str, title: str | None
    ) -> SshKey:
        self._check_key_owner(name)
        mine = self.keys_of(name)
        if any(key.fingerprint == public.fingerprint for key in mine):
            raise refused(Conflict, "key-exists", f"{name} has this key already.")
        if len(mine) >= LIMIT:
            raise refused(Conflict, "key-limit", f"{name} has {LIMIT} SSH keys already.")
        identifier = uuid4().hex
        self.ssh_keys[identifier] = SshKey(
            id=identifier,
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
        for address in self.addresses(name):
            self.mail(address, "keys-added")
        return self.ssh_keys[identifier]

    def _check_key_owner(self, name: str) -> None:
        account = self.account_of(name)
        if account.level is Level.ANONYMOUS:
            raise refused(Forbidden, "guest-keys", "Guests have no SSH keys.")
        if account.state is AccountState.LEAVING:
            raise refused(Conflict, "account-leaving", f"{name} is on the way out.")


def _judged(line: str, known: set[str]) -> tuple[FoundKey, PublicKey | None]:
    try:
        public = parse_public_key(line)
    except AglaisError as problem:
        why = problem.message
        refusal = FoundKey(state=FoundState.REFUSED, algorithm=None, fingerprint=None, why=why)
        return refusal, None
    state = FoundState.KNOWN if public.fingerprint in known else FoundState.NEW
    known.add(public.fingerprint)
    fingerprint = public.fingerprint
    found = FoundKey(state=state, algorithm=public.algorithm, fingerprint=fingerprint, why=None)
    return found, public
