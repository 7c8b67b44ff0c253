"""URLs of what nodes of clusters ask, and of the tokens that they ask with."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers import Managers
from aglais_accounts.managers.grants import READ_GRANTS, WRITE_GRANTS
from aglais_accounts.managers.nodes import NODE_TOKEN_PREFIX, READ_AUTHORIZED
from aglais_hub.errors import InvalidRequest
from aglais_hub.identity import Actor
from aglais_hub.models import Model
from aglais_hub.models.keys import NewNodeToken, NodeToken, NodeTokenEdit, NodeTokenRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.actions import ActionPage
from aglais_hub.web.forms import form_fields
from aglais_hub.web.pages import CollectionPage, EditorPage, PageHandler, ThingPage

__all__ = ["ROUTES"]


class AuthorizedKeys(AccountsApi):
    """What sshd of a node asks when somebody logs in there."""

    async def identify(self) -> Actor | None:
        """Find out who asks: a node by its own token, everybody else as anywhere."""
        _, _, secret = self.request.headers.get("Authorization", "").partition(" ")
        if secret.strip().startswith(NODE_TOKEN_PREFIX):
            return await self.manager.nodes.who(secret.strip())
        return await super().identify()

    @operation(
        Operation(
            "Return the keys with which somebody may log in to a cluster's nodes, for sshd",
            READ_AUTHORIZED,
            returns=str,
            query=("user", "fingerprint"),
        )
    )
    async def get(self, cluster: str) -> str:
        """Return them, a line each; none is no error."""
        user = self.get_query_argument("user", "")
        if not user:
            raise InvalidRequest("user: Say who wants to log in.")
        fingerprint = self.get_query_argument("fingerprint", "") or None
        return await self.manager.nodes.authorized_keys(self.actor, cluster, user, fingerprint)


class NodeTokens(AccountsApi):
    """All tokens of nodes."""

    @operation(
        Operation(
            "List the tokens of nodes, without their secrets",
            READ_GRANTS,
            returns=NodeToken,
            many=True,
            query=("cluster",),
        )
    )
    async def get(self) -> Sequence[Model]:
        """List them."""
        cluster = self.get_query_argument("cluster", None)
        found = await self.manager.nodes.tokens(self.actor, *self.window(), cluster=cluster)
        return self.listed(*found)

    @operation(
        Operation(
            "Make a token with which nodes of a cluster ask who may log in there",
            WRITE_GRANTS,
            NodeTokenRequest,
            returns=NewNodeToken,
            status=201,
            is_secret=True,
        )
    )
    async def post(self, request: NodeTokenRequest) -> NewNodeToken:
        """Make one."""
        token = await self.manager.nodes.issue(self.actor, request)
        self.created("node-tokens", token.id)
        return token


class OneNodeToken(AccountsApi):
    """A token of a node."""

    @operation(
        Operation("Return a node's token, without its secret", READ_GRANTS, returns=NodeToken)
    )
    async def get(self, token: str) -> NodeToken:
        """Return it."""
        return await self.manager.nodes.token(self.actor, token)

    @operation(
        Operation(
            "Call a node's token something else", WRITE_GRANTS, NodeTokenEdit, returns=NodeToken
        )
    )
    async def post(self, request: NodeTokenEdit, token: str) -> NodeToken:
        """Rename it."""
        return await self.manager.nodes.edit(self.actor, token, request, self.if_match)

    @operation(Operation("Revoke a node's token", WRITE_GRANTS, status=204))
    async def delete(self, token: str) -> None:
        """Revoke it."""
        await self.manager.nodes.revoke(self.actor, token)


class NodeTokensPage(CollectionPage):
    """All tokens of nodes."""

    manager: Managers
    title, plural, key = "Node tokens", "node-tokens", "id"
    columns = ("title", "cluster", "created_at", "last_used_at")
    read_scope, create_scope = WRITE_GRANTS, WRITE_GRANTS

    async def things(self) -> tuple[Sequence[Model], int]:
        """Return them."""
        return await self.manager.nodes.tokens(self.actor, *self.window(), cluster=None)


class NodeTokenCreator(PageHandler):
    """The form that makes a token, and the page that tells it once."""

    manager: Managers

    async def get(self) -> None:
        """Show the empty form."""
        self.actor.require(WRITE_GRANTS)
        self._form({})

    async def post(self) -> None:
        """Make it and tell it: it is in no URL, and nowhere once the page is left."""
        self.actor.require(WRITE_GRANTS)
        try:
            token = await self.manager.nodes.issue(self.actor, self.read_body(NodeTokenRequest))
        except InvalidRequest as problem:
            self.set_status(problem.status)
            typed = {name: self.get_body_argument(name) for name in self.request.body_arguments}
            self._form(typed, problem=problem.message)
        else:
            self.page("own/node_token.html", title="New node token", token=token)

    def _form(self, typed: dict[str, str], problem: str | None = None) -> None:
        self.page(
            "common/edit.html",
            title="New node token",
            fields=form_fields(NodeTokenRequest, None, typed),
            version="",
            cancel_url=self.url("node-tokens"),
            problem=problem,
        )


class OneNodeTokenPage(PageHandler):
    """A page of one token."""

    manager: Managers

    async def thing(self, token: str) -> NodeToken:
        """Return it."""
        return await self.manager.nodes.token(self.actor, token)


class NodeTokenPage(OneNodeTokenPage, ThingPage):  # type: ignore[misc]
    """A token of a node, without its secret."""

    title, edit_scope, act_scope = "Node token", WRITE_GRANTS, WRITE_GRANTS
    actions = (("Revoke", "revoke"),)


class NodeTokenEditor(OneNodeTokenPage, EditorPage):  # type: ignore[misc]
    """The form that calls a token something else."""

    title, model, edit_scope = "Edit node token", NodeTokenEdit, WRITE_GRANTS

    async def save(self, edit: NodeTokenEdit, version: str | None, token: str) -> NodeToken:  # type: ignore[override]
        """Save it."""
        return await self.manager.nodes.edit(self.actor, token, edit, version)


class NodeTokenRevocation(ActionPage):
    """The question before a token is revoked."""

    manager: Managers
    title, verb, act_scope = "Revoke node token", "Revoke", WRITE_GRANTS
    question = "Nodes that hold it then admit nobody, until they are given another one."

    async def act(self, token: str) -> None:  # type: ignore[override]
        """Revoke it."""
        await self.manager.nodes.revoke(self.actor, token)


ROUTES = (
    Route("api/clusters/{cluster}/authorized-keys", AuthorizedKeys),
    Route("api/node-tokens", NodeTokens),
    Route("api/node-tokens/{token}", OneNodeToken),
    Route("node-tokens", NodeTokensPage),
    Route("node-tokens/new", NodeTokenCreator),
    Route("node-tokens/{token}", NodeTokenPage),
    Route("node-tokens/{token}/edit", NodeTokenEditor),
    Route("node-tokens/{token}/revoke", NodeTokenRevocation),
)
