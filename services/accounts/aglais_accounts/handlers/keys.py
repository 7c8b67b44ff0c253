"""URLs of SSH keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers.keys import READ_KEYS, READ_PRIVATE, WRITE_KEYS
from aglais_hub.errors import InvalidRequest
from aglais_hub.models import Model
from aglais_hub.models.keys import (
    FoundKey,
    PrivateKey,
    SshKey,
    SshKeyEdit,
    SshKeyFetch,
    SshKeyGeneration,
    SshKeyRequest,
)
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.ssh import refuse_private
from aglais_hub.web.api import BaseHandler

__all__ = ["ROUTES", "KeyForms"]

M = TypeVar("M", bound=Model)


class KeyForms(BaseHandler):
    """Handler of forms into which somebody may paste a private key by mistake."""

    def read_body(self, model: type[M]) -> M:
        """Parse the body; a private key anywhere in it is refused before anything is told of it."""
        refuse_private(self.request.body)
        try:
            return super().read_body(model)
        except InvalidRequest as problem:
            # JSON has other ways to write a letter, and errors name the fields that were sent.
            refuse_private(problem.message.encode(errors="replace"))
            raise


class Keys(KeyForms, AccountsApi):
    """SSH keys of an account."""

    @operation(Operation("List the SSH keys of an account", READ_KEYS, returns=SshKey, many=True))
    async def get(self, name: str) -> Sequence[Model]:
        """List them."""
        return self.listed(*self.part(await self.manager.keys.keys(self.actor, name)))

    @operation(Operation("Add a public key", WRITE_KEYS, SshKeyRequest, returns=SshKey, status=201))
    async def post(self, request: SshKeyRequest, name: str) -> SshKey:
        """Add one."""
        key = await self.manager.keys.add(self.actor, name, request)
        self.created("accounts", name, "keys", key.id)
        return key


class KeyPreview(KeyForms, AccountsApi):
    """What a site would give."""

    @operation(
        Operation(
            "Show which keys a site publishes under a name, and which of them would be added",
            WRITE_KEYS,
            SshKeyFetch,
            returns=FoundKey,
            many=True,
            is_slow=True,
        )
    )
    async def post(self, request: SshKeyFetch, name: str) -> Sequence[Model]:
        """Ask the site."""
        return await self.manager.keys.preview(self.actor, name, request)


class KeyFetch(KeyForms, AccountsApi):
    """Keys from a site."""

    @operation(
        Operation(
            "Add the public keys that a site publishes under a name",
            WRITE_KEYS,
            SshKeyFetch,
            returns=SshKey,
            many=True,
            is_slow=True,
        )
    )
    async def post(self, request: SshKeyFetch, name: str) -> Sequence[Model]:
        """Add them; the answer is what was added."""
        return await self.manager.keys.fetch(self.actor, name, request)


class KeyGeneration(KeyForms, AccountsApi):
    """Keys whose private half stays here."""

    @operation(
        Operation(
            "Make an ed25519 key whose private half is kept encrypted",
            WRITE_KEYS,
            SshKeyGeneration,
            returns=SshKey,
            status=201,
        )
    )
    async def post(self, request: SshKeyGeneration, name: str) -> SshKey:
        """Make one."""
        key = await self.manager.keys.generate(self.actor, name, request)
        self.created("accounts", name, "keys", key.id)
        return key


class OneKey(KeyForms, AccountsApi):
    """An SSH key."""

    @operation(Operation("Return an SSH key", READ_KEYS, returns=SshKey))
    async def get(self, name: str, key: str) -> SshKey:
        """Return it."""
        return await self.manager.keys.key(self.actor, name, key)

    @operation(Operation("Call an SSH key something else", WRITE_KEYS, SshKeyEdit, returns=SshKey))
    async def post(self, request: SshKeyEdit, name: str, key: str) -> SshKey:
        """Rename it."""
        return await self.manager.keys.edit(self.actor, name, key, request, self.if_match)

    @operation(Operation("Remove an SSH key", WRITE_KEYS, status=204))
    async def delete(self, name: str, key: str) -> None:
        """Remove it."""
        await self.manager.keys.remove(self.actor, name, key)


class PrivateHalf(AccountsApi):
    """The private half of a generated key."""

    @operation(
        Operation("Return a private key, to services only", READ_PRIVATE, returns=PrivateKey)
    )
    async def get(self, name: str, key: str) -> PrivateKey:
        """Return it."""
        return await self.manager.keys.private(self.actor, name, key)


ROUTES = (
    Route("api/accounts/{name}/keys", Keys),
    Route("api/accounts/{name}/keys/preview", KeyPreview),
    Route("api/accounts/{name}/keys/fetch", KeyFetch),
    Route("api/accounts/{name}/keys/generate", KeyGeneration),
    Route("api/accounts/{name}/keys/{key}", OneKey),
    Route("api/accounts/{name}/keys/{key}/private", PrivateHalf),
)
