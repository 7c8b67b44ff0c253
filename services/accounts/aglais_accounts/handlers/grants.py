"""URLs of grants."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers import Managers
from aglais_accounts.managers.grants import READ_GRANTS, WRITE_GRANTS
from aglais_hub.models import Model
from aglais_hub.models.keys import SshGrant, SshGrantEdit, SshGrantRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.actions import ActionPage, CreatorPage
from aglais_hub.web.pages import CollectionPage, EditorPage, PageHandler, ThingPage

__all__ = ["ROUTES"]


class Grants(AccountsApi):
    """All grants."""

    @operation(
        Operation(
            "List who may log in to the nodes of which cluster",
            READ_GRANTS,
            returns=SshGrant,
            many=True,
            query=("cluster", "account"),
        )
    )
    async def get(self) -> Sequence[Model]:
        """List them."""
        return self.listed(
            *await self.manager.grants.grants(
                self.actor,
                *self.window(),
                cluster=self.get_query_argument("cluster", None),
                account=self.get_query_argument("account", None),
            )
        )

    @operation(
        Operation(
            "Let an account log in to the nodes of a cluster",
            WRITE_GRANTS,
            SshGrantRequest,
            returns=SshGrant,
            status=201,
        )
    )
    async def post(self, request: SshGrantRequest) -> SshGrant:
        """Give one, or change until when it holds."""
        grant, is_new = await self.manager.grants.give(self.actor, request)
        self.created("grants", grant.cluster, grant.account, is_new=is_new)
        return grant


class OneGrant(AccountsApi):
    """A grant."""

    @operation(Operation("Return a grant", READ_GRANTS, returns=SshGrant))
    async def get(self, cluster: str, account: str) -> SshGrant:
        """Return it."""
        return await self.manager.grants.grant(self.actor, cluster, account)

    @operation(
        Operation("Change until when a grant holds", WRITE_GRANTS, SshGrantEdit, returns=SshGrant)
    )
    async def post(self, request: SshGrantEdit, cluster: str, account: str) -> SshGrant:
        """Change it."""
        return await self.manager.grants.edit(self.actor, cluster, account, request, self.if_match)

    @operation(Operation("Take a grant back", WRITE_GRANTS, status=204))
    async def delete(self, cluster: str, account: str) -> None:
        """Take it back."""
        await self.manager.grants.take(self.actor, cluster, account)


class GrantsPage(CollectionPage):
    """All grants, or one's own."""

    manager: Managers
    title, plural, key = "Grants", "grants", "place"
    columns = ("cluster", "account", "expires_at")
    read_scope, create_scope = READ_GRANTS, WRITE_GRANTS

    async def things(self) -> tuple[Sequence[Model], int]:
        """Return those that the user may see."""
        return await self.manager.grants.grants(
            self.actor, *self.window(), cluster=None, account=None
        )


class GrantCreator(CreatorPage):
    """The form that gives a grant."""

    manager: Managers
    title, model, create_scope = "New grant", SshGrantRequest, WRITE_GRANTS

    async def create(self, request: SshGrantRequest) -> str:
        """Give it."""
        grant, _ = await self.manager.grants.give(self.actor, request)
        return grant.place


class OneGrantPage(PageHandler):
    """A page of one grant."""

    manager: Managers

    async def thing(self, cluster: str, account: str) -> SshGrant:
        """Return it."""
        return await self.manager.grants.grant(self.actor, cluster, account)


class GrantPage(OneGrantPage, ThingPage):  # type: ignore[misc]  # the parts of the path are named
    """A grant."""

    title, edit_scope, act_scope = "Grant", WRITE_GRANTS, WRITE_GRANTS
    actions = (("Take back", "remove"),)


class GrantEditor(OneGrantPage, EditorPage):  # type: ignore[misc]  # the parts of the path are named
    """The form that changes until when a grant holds."""

    title, model, edit_scope = "Edit grant", SshGrantEdit, WRITE_GRANTS

    async def save(  # type: ignore[override]
        self, edit: SshGrantEdit, version: str | None, cluster: str, account: str
    ) -> SshGrant:
        """Save it."""
        return await self.manager.grants.edit(self.actor, cluster, account, edit, version)


class GrantRemoval(ActionPage):
    """The question before a grant is taken back."""

    manager: Managers
    title, verb, act_scope = "Take back grant", "Take back", WRITE_GRANTS
    question = "The account can then no longer log in to the nodes of the cluster; who is logged "
    question += "in there already stays until it logs out."

    async def act(self, cluster: str, account: str) -> None:  # type: ignore[override]
        """Take it back."""
        await self.manager.grants.take(self.actor, cluster, account)

    @property
    def afterwards(self) -> str:
        """All grants; a cluster alone has no page here."""
        return self.url("grants")


ROUTES = (
    Route("api/grants", Grants),
    Route("api/grants/{cluster}/{account}", OneGrant),
    Route("grants", GrantsPage),
    Route("grants/new", GrantCreator),
    Route("grants/{cluster}/{account}", GrantPage),
    Route("grants/{cluster}/{account}/edit", GrantEditor),
    Route("grants/{cluster}/{account}/remove", GrantRemoval),
)
