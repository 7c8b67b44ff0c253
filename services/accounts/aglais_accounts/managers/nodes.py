"""What nodes of clusters are told: who may log in, with which keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from aglais_accounts.managers.base import AccountsManager, Stores
from aglais_accounts.managers.grants import READ_GRANTS, WRITE_GRANTS
from aglais_accounts.vault import digest, new_code
from aglais_hub.errors import NotFound
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.keys import NewNodeToken, NodeToken, NodeTokenEdit, NodeTokenRequest, SshKey
from aglais_hub.versions import require_version

__all__ = ["NODE_TOKEN_PREFIX", "READ_AUTHORIZED", "NodeManager"]

READ_AUTHORIZED = scope("read", "authorized-keys")

NODE_TOKEN_PREFIX = "aglais-node-"  # noqa: S105 (what all of them begin with)
"""So that nobody takes one for a token of the Hub, and scanners of repositories find it."""

NOTED_EVERY = timedelta(minutes=1)
"""How exactly uses are noted: a write for each of many logins would be for nothing."""


class NodeManager(AccountsManager):
    """Decides on tokens of nodes, and on what nodes are told."""

    async def tokens(
        self, actor: Actor, offset: int, limit: int, *, cluster: str | None
    ) -> tuple[list[NodeToken], int]:
        """Return tokens of nodes, without their secrets."""
        actor.require(READ_GRANTS)
        async with self.reading() as stores:
            return await stores.node_tokens.page(offset, limit, cluster)

    async def token(self, actor: Actor, identifier: str) -> NodeToken:
        """Return a token, without its secret."""
        actor.require(READ_GRANTS)
        async with self.reading() as stores:
            return await self._token(stores, identifier)

    async def issue(self, actor: Actor, request: NodeTokenRequest) -> NewNodeToken:
        """Make a token for nodes of a cluster; its secret is told now and never again."""
        actor.require(WRITE_GRANTS)
        secret = NODE_TOKEN_PREFIX + new_code()
        token = NewNodeToken(
            **request.model_dump(),
            id=uuid4().hex,
            created_at=utcnow(),
            last_used_at=None,
            token=secret,
        )
        async with self.writing() as stores:
            await stores.node_tokens.add(token, digest(secret))
        self.events.publish(
            "node-token.made", by=actor.name, cluster=token.cluster, node_token=token.id
        )
        return token

    async def edit(
        self, actor: Actor, identifier: str, edit: NodeTokenEdit, version: str | None
    ) -> NodeToken:
        """Call a token something else."""
        actor.require(WRITE_GRANTS)
        async with self.writing() as stores:
            require_version(await self._token(stores, identifier), version)
            await stores.node_tokens.rename(identifier, edit.title)
            return await self._token(stores, identifier)

    async def revoke(self, actor: Actor, identifier: str) -> None:
        """Let a token no longer open anything, from the next question on."""
        actor.require(WRITE_GRANTS)
        async with self.writing() as stores:
            token = await self._token(stores, identifier)
            await stores.node_tokens.remove(identifier)
        self.events.publish(
            "node-token.revoked", by=actor.name, cluster=token.cluster, node_token=identifier
        )

    async def who(self, secret: str) -> Actor | None:
        """Return the node that comes with a token: an actor that may ask about its cluster."""
        async with self.reading() as stores:
            token = await stores.node_tokens.find(digest(secret))
        if token is None:
            return None
        now = utcnow()
        if _is_due(token.last_used_at, now):
            async with self.writing() as stores:
                await stores.node_tokens.used(token.id, now)
        only = f"{READ_AUTHORIZED}!cluster={token.cluster}"
        return Actor(name=f"node of {token.cluster}", kind="node", scopes=frozenset({only}))

    async def authorized_keys(
        self, actor: Actor, cluster: str, user: str, fingerprint: str | None
    ) -> str:
        """Return lines for sshd: the keys with which somebody may log in to a node now.

        sshd asks with a fingerprint when a client offers a key, before the client has shown
        that it has the private half.

        Parameters
        ----------
        user
            Login name on the node, which is the account's name.
        fingerprint
            Only this key, whose use is noted; none: all of them.
        """
        if f"{READ_AUTHORIZED}!cluster={cluster}" not in actor.scopes:
            actor.require(READ_AUTHORIZED)
        now = utcnow()
        async with self.reading() as stores:
            keys = await stores.keys.admitted(cluster, user, now)
        if fingerprint is not None:
            keys = [key for key in keys if key.fingerprint == fingerprint]
            await self._note(cluster, keys)
        return "".join(f"{self.config.authorized_key_options} {key.public}\n" for key in keys)

    async def _note(self, cluster: str, keys: list[SshKey]) -> None:
        now = utcnow()
        for key in keys:
            if _is_due(key.last_used_at, now):
                async with self.writing() as stores:
                    await stores.keys.used(key.id, now)
                self.events.publish(
                    "key.used",
                    account=key.account,
                    key=key.id,
                    fingerprint=key.fingerprint,
                    by=f"node of {cluster}",
                )

    async def _token(self, stores: Stores, identifier: str) -> NodeToken:
        token = await stores.node_tokens.get(identifier)
        if token is None:
            raise NotFound(f"There is no token of a node {identifier}.")
        return token


def _is_due(noted_at: datetime | None, now: datetime) -> bool:
    return noted_at is None or now - noted_at >= NOTED_EVERY
