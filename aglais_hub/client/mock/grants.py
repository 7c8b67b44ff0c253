"""Who may log in to the nodes of which cluster, in memory."""

from __future__ import annotations

import secrets
from uuid import uuid4

from aglais_hub.client.mock.keys import MockKeys
from aglais_hub.client.mock.service import Asked, Given, answers, refused
from aglais_hub.errors import Conflict, InvalidRequest, NotFound
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import AccountState, Level
from aglais_hub.models.keys import (
    KeyKind,
    NewNodeToken,
    NodeToken,
    NodeTokenEdit,
    NodeTokenRequest,
    SshGrant,
    SshGrantEdit,
    SshGrantRequest,
)

__all__ = ["MockGrants"]

READ, WRITE = scope("read", "grants"), scope("write", "grants")
READ_AUTHORIZED = scope("read", "authorized-keys")


class MockGrants(MockKeys):
    """Grants, tokens of nodes, and what nodes are told."""

    def __init__(self) -> None:
        super().__init__()
        self.granted: dict[tuple[str, str], SshGrant] = {}
        self.issued_tokens: dict[str, NewNodeToken] = {}

    def forget(self, name: str) -> None:
        """Forget an account and its grants."""
        super().forget(name)
        self.granted = {k: one for k, one in self.granted.items() if one.account != name}

    @answers("GET", "grants", READ)
    def grants(self, asked: Asked) -> list[SshGrant]:
        """List grants."""
        cluster, account = asked.query.get("cluster"), asked.query.get("account")
        if not asked.actor.holds(READ):
            account = account or asked.actor.name
            asked.actor.require(READ, owner=account)
        found = (one for _, one in sorted(self.granted.items()))
        return [
            one for one in found
            if cluster in {None, one.cluster} and account in {None, one.account}
        ]  # fmt: skip

    @answers("POST", "grants", WRITE, status=201)
    def give_grant(self, asked: Asked) -> Given:
        """Give one."""
        request = asked.body(SshGrantRequest)
        asked.actor.require(WRITE)
        grant = _checked(SshGrant(**request.model_dump()))
        account = self.account_of(request.account)
        if account.level is not Level.CUSTOM or account.state is not AccountState.ACTIVE:
            raise refused(Conflict, "not-level-n", f"{account.name} is not of level n.")
        place = (request.cluster, request.account)
        is_new = place not in self.granted
        self.granted[place] = grant
        return Given(grant, 201 if is_new else 200)

    @answers("GET", "grants/{cluster}/{account}", READ)
    def grant(self, asked: Asked, cluster: str, account: str) -> SshGrant:
        """Return one."""
        asked.actor.require(READ, owner=account)
        return self._grant(cluster, account)

    @answers("POST", "grants/{cluster}/{account}", WRITE)
    def edit_grant(self, asked: Asked, cluster: str, account: str) -> SshGrant:
        """Change until when one holds."""
        edit = asked.body(SshGrantEdit)
        asked.actor.require(WRITE)
        changed = self._grant(cluster, account).model_copy(update={"expires_at": edit.expires_at})
        self.granted[cluster, account] = _checked(changed)
        return changed

    @answers("DELETE", "grants/{cluster}/{account}", WRITE, status=204)
    def take_grant(self, asked: Asked, cluster: str, account: str) -> None:
        """Take one back."""
        asked.actor.require(WRITE)
        self._grant(cluster, account)
        del self.granted[cluster, account]

    def _grant(self, cluster: str, account: str) -> SshGrant:
        if (cluster, account) not in self.granted:
            raise NotFound(f"{account} has no grant for the cluster {cluster}.")
        return self.granted[cluster, account]

    @answers("GET", "node-tokens", READ)
    def node_tokens(self, asked: Asked) -> list[NodeToken]:
        """List tokens of nodes."""
        asked.actor.require(READ)
        cluster = asked.query.get("cluster")
        known = (_hidden(one) for one in self.issued_tokens.values())
        return [one for one in known if cluster in {None, one.cluster}]

    @answers("POST", "node-tokens", WRITE, status=201)
    def issue_node_token(self, asked: Asked) -> NewNodeToken:
        """Make one."""
        request = asked.body(NodeTokenRequest)
        asked.actor.require(WRITE)
        token = NewNodeToken(
            **request.model_dump(),
            id=uuid4().hex,
            created_at=utcnow(),
            last_used_at=None,
            token=f"aglais-node-{secrets.token_urlsafe(32)}",
        )
        self.issued_tokens[token.id] = token
        return token

    @answers("GET", "node-tokens/{token}", READ)
    def node_token(self, asked: Asked, token: str) -> NodeToken:
        """Return one."""
        asked.actor.require(READ)
        return _hidden(self._node_token(token))

    @answers("POST", "node-tokens/{token}", WRITE)
    def edit_node_token(self, asked: Asked, token: str) -> NodeToken:
        """Call one something else."""
        edit = asked.body(NodeTokenEdit)
        asked.actor.require(WRITE)
        self.issued_tokens[token] = self._node_token(token).model_copy(update={"title": edit.title})
        return _hidden(self.issued_tokens[token])

    @answers("DELETE", "node-tokens/{token}", WRITE, status=204)
    def revoke_node_token(self, asked: Asked, token: str) -> None:
        """Revoke one."""
        asked.actor.require(WRITE)
        self._node_token(token)
        del self.issued_tokens[token]

    def _node_token(self, token: str) -> NewNodeToken:
        if token not in self.issued_tokens:
            raise NotFound(f"There is no token of a node {token}.")
        return self.issued_tokens[token]

    def node_of(self, secret: str, path: str) -> Actor | None:
        """Return the node that asks for authorized keys with its token."""
        token = next((one for one in self.issued_tokens.values() if one.token == secret), None)
        if token is None or not path.endswith("/authorized-keys"):
            return None
        self.issued_tokens[token.id] = token.model_copy(update={"last_used_at": utcnow()})
        only = f"{READ_AUTHORIZED}!cluster={token.cluster}"
        return Actor(f"node of {token.cluster}", "node", frozenset({only}))

    @answers("GET", "clusters/{cluster}/authorized-keys", READ_AUTHORIZED)
    def authorized_keys(self, asked: Asked, cluster: str) -> str:
        """Return lines for sshd."""
        user, fingerprint = asked.query.get("user"), asked.query.get("fingerprint")
        if not user:
            raise InvalidRequest("user: Say who wants to log in.")
        if f"{READ_AUTHORIZED}!cluster={cluster}" not in asked.actor.scopes:
            asked.actor.require(READ_AUTHORIZED)
        keys = [
            key for key in self.keys_of(user)
            if self._is_let_in(cluster, user) and key.kind is KeyKind.AUTHORIZED
            if fingerprint in {None, key.fingerprint}
        ]  # fmt: skip
        for key in keys if fingerprint else ():
            self.used(key.id)
        return "".join(f"restrict,pty {key.public}\n" for key in keys)

    def _is_let_in(self, cluster: str, name: str) -> bool:
        account, grant = self.known.get(name), self.granted.get((cluster, name))
        if account is None or grant is None:
            return False
        is_over = any(end and end <= utcnow() for end in (account.expires_at, grant.expires_at))
        is_active = account.state is AccountState.ACTIVE
        return is_active and account.level is Level.CUSTOM and not is_over


def _checked(grant: SshGrant) -> SshGrant:
    if grant.expires_at is not None and grant.expires_at <= utcnow():
        raise InvalidRequest("expires_at: This time is over; choose a later one.")
    return grant


def _hidden(token: NewNodeToken) -> NodeToken:
    return NodeToken(**token.model_dump(exclude={"token"}))
