"""Who may log in to the nodes of which cluster."""

from __future__ import annotations

from aglais_accounts.managers.base import AccountsManager, Stores
from aglais_hub.errors import Conflict, InvalidRequest, NotFound
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountState, Level
from aglais_hub.models.keys import SshGrant, SshGrantEdit, SshGrantRequest
from aglais_hub.versions import require_version

__all__ = ["READ_GRANTS", "WRITE_GRANTS", "GrantManager", "NotLevelNError"]

READ_GRANTS, WRITE_GRANTS = scope("read", "grants"), scope("write", "grants")


class NotLevelNError(Conflict):
    """Only accounts of level n have clusters of their own."""

    code = "not-level-n"


class GrantManager(AccountsManager):
    """Decides on grants."""

    async def grants(
        self, actor: Actor, offset: int, limit: int, *, cluster: str | None, account: str | None
    ) -> tuple[list[SshGrant], int]:
        """Return the grants that the actor may see: all, or its own."""
        if not actor.holds(READ_GRANTS):
            account = account or actor.name
            actor.require(READ_GRANTS, owner=account)
        async with self.reading() as stores:
            return await stores.grants.page(offset, limit, cluster, account)

    async def grant(self, actor: Actor, cluster: str, account: str) -> SshGrant:
        """Return a grant."""
        actor.require(READ_GRANTS, owner=account)
        async with self.reading() as stores:
            return await self._grant(stores, cluster, account)

    async def give(self, actor: Actor, request: SshGrantRequest) -> tuple[SshGrant, bool]:
        """Let an account log in to a cluster's nodes, or change until when; and whether it is new.

        Raises
        ------
        NotLevelNError
            The account is not of level n, or is leaving.
        """
        actor.require(WRITE_GRANTS)
        grant = SshGrant(**request.model_dump())
        _check_end(grant)
        async with self.writing() as stores:
            await stores.accounts.lock(grant.account)
            _check_account(await self._account(stores, grant.account))
            is_new = await stores.grants.put(grant)
        self._changed("grant.given", actor, grant)
        return grant, is_new

    async def edit(
        self, actor: Actor, cluster: str, account: str, edit: SshGrantEdit, version: str | None
    ) -> SshGrant:
        """Change until when an account may log in."""
        actor.require(WRITE_GRANTS)
        async with self.writing() as stores:
            await stores.accounts.lock(account)
            grant = await self._grant(stores, cluster, account)
            require_version(grant, version)
            grant = grant.model_copy(update={"expires_at": edit.expires_at})
            _check_end(grant)
            await stores.grants.put(grant)
        self._changed("grant.given", actor, grant)
        return grant

    async def take(self, actor: Actor, cluster: str, account: str) -> None:
        """Let an account no longer log in to a cluster's nodes."""
        actor.require(WRITE_GRANTS)
        async with self.writing() as stores:
            grant = await self._grant(stores, cluster, account)
            await stores.grants.remove(cluster, account)
        self._changed("grant.taken", actor, grant)

    async def _grant(self, stores: Stores, cluster: str, account: str) -> SshGrant:
        grant = await stores.grants.get(cluster, account)
        if grant is None:
            raise NotFound(f"{account} has no grant for the cluster {cluster}.")
        return grant

    def _changed(self, event: str, actor: Actor, grant: SshGrant) -> None:
        self.events.publish(event, by=actor.name, **grant.model_dump(mode="json"))


def _check_end(grant: SshGrant) -> None:
    if grant.expires_at is not None and grant.expires_at <= utcnow():
        raise InvalidRequest("expires_at: This time is over; choose a later one.")


def _check_account(account: Account) -> None:
    if account.level is not Level.CUSTOM or account.state is not AccountState.ACTIVE:
        raise NotLevelNError(
            f"{account.name} is of level {account.level.word} and {account.state}; only active "
            "accounts of level n may log in to the nodes of a cluster."
        )
