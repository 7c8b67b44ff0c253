"""Client of the accounts service, about SSH keys and what they open."""

from __future__ import annotations

from typing import TypeVar

from aglais_hub.client.base import ServiceClient
from aglais_hub.models.keys import (
    FoundKey,
    NewNodeToken,
    NodeToken,
    NodeTokenEdit,
    NodeTokenRequest,
    PrivateKey,
    SshGrant,
    SshGrantEdit,
    SshGrantRequest,
    SshKey,
    SshKeyEdit,
    SshKeyFetch,
    SshKeyGeneration,
    SshKeyRequest,
)

__all__ = ["KeyMethods"]

M = TypeVar("M", FoundKey, SshKey)


class KeyMethods(ServiceClient):
    """SSH keys, grants, and what nodes of clusters ask."""

    async def keys(self, name: str) -> list[SshKey]:
        """Return the SSH keys of an account."""
        return await self.list(SshKey, f"accounts/{name}/keys")

    async def key(self, name: str, key: str) -> SshKey:
        """Return an SSH key of an account."""
        return await self.get(SshKey, f"accounts/{name}/keys/{key}")

    async def add_key(self, name: str, request: SshKeyRequest) -> SshKey:
        """Add a public key."""
        return await self.post(SshKey, f"accounts/{name}/keys", request)

    async def preview_keys(self, name: str, request: SshKeyFetch) -> list[FoundKey]:
        """Return what GitHub or GitLab publishes under a name, and what would be added."""
        return await self._sent(FoundKey, f"accounts/{name}/keys/preview", request)

    async def fetch_keys(self, name: str, request: SshKeyFetch) -> list[SshKey]:
        """Add what GitHub or GitLab publishes under a name; returns what was new."""
        return await self._sent(SshKey, f"accounts/{name}/keys/fetch", request)

    async def generate_key(self, name: str, request: SshKeyGeneration) -> SshKey:
        """Make a key whose private half stays with the service."""
        return await self.post(SshKey, f"accounts/{name}/keys/generate", request)

    async def edit_key(self, name: str, key: str, edit: SshKeyEdit) -> SshKey:
        """Call a key something else."""
        return await self.post(SshKey, f"accounts/{name}/keys/{key}", edit)

    async def remove_key(self, name: str, key: str) -> None:
        """Remove a key."""
        await self.request("DELETE", f"accounts/{name}/keys/{key}")

    async def private_key(self, name: str, key: str) -> PrivateKey:
        """Return the private half of a generated key, to act with it."""
        return await self.get(PrivateKey, f"accounts/{name}/keys/{key}/private")

    async def grants(
        self, *, cluster: str | None = None, account: str | None = None
    ) -> list[SshGrant]:
        """Return who may log in to the nodes of which cluster."""
        return await self.list(SshGrant, "grants", **_given(cluster=cluster, account=account))

    async def grant(self, cluster: str, account: str) -> SshGrant:
        """Return a grant."""
        return await self.get(SshGrant, f"grants/{cluster}/{account}")

    async def give_grant(self, request: SshGrantRequest) -> SshGrant:
        """Let an account of level n log in to a cluster's nodes, or change until when."""
        return await self.post(SshGrant, "grants", request)

    async def edit_grant(self, cluster: str, account: str, edit: SshGrantEdit) -> SshGrant:
        """Change until when a grant holds."""
        return await self.post(SshGrant, f"grants/{cluster}/{account}", edit)

    async def take_grant(self, cluster: str, account: str) -> None:
        """Let an account no longer log in to a cluster's nodes."""
        await self.request("DELETE", f"grants/{cluster}/{account}")

    async def node_tokens(self, *, cluster: str | None = None) -> list[NodeToken]:
        """Return the tokens of nodes, without their secrets."""
        return await self.list(NodeToken, "node-tokens", **_given(cluster=cluster))

    async def node_token(self, token: str) -> NodeToken:
        """Return a node's token, without its secret."""
        return await self.get(NodeToken, f"node-tokens/{token}")

    async def issue_node_token(self, request: NodeTokenRequest) -> NewNodeToken:
        """Make a token for nodes of a cluster; its secret is told this once."""
        return await self.post(NewNodeToken, "node-tokens", request)

    async def edit_node_token(self, token: str, edit: NodeTokenEdit) -> NodeToken:
        """Call a node's token something else."""
        return await self.post(NodeToken, f"node-tokens/{token}", edit)

    async def revoke_node_token(self, token: str) -> None:
        """Let a token no longer open anything."""
        await self.request("DELETE", f"node-tokens/{token}")

    async def authorized_keys(
        self, cluster: str, user: str, *, fingerprint: str | None = None
    ) -> str:
        """Return lines for sshd: with which keys somebody may log in to a cluster's nodes.

        A client whose token is that of a node may ask this about its own cluster, and nothing
        else.
        """
        query = {"user": user, **_given(fingerprint=fingerprint)}
        path = f"clusters/{cluster}/authorized-keys"
        return (await self.request("GET", path, query=query, accept="text/plain")).text

    async def _sent(self, model: type[M], path: str, request: SshKeyFetch) -> list[M]:
        answer = await self.request("POST", path, body=request)
        return [model.model_validate(item) for item in answer.json()]


def _given(**query: str | None) -> dict[str, str]:
    return {name: value for name, value in query.items() if value is not None}
