"""What the Hub's own admin panel shows of accounts beside its users."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.scopes import needs_scope
from jupyterhub.utils import url_escape_path, url_path_join
from tornado.web import HTTPError

from aglais_hub.errors import AglaisError
from aglais_hub.models.accounts import Account
from aglais_hub.models.booking import Admission

__all__ = ["AccountsSummary"]

AT_ONCE = 200
"""Users on the largest page of the panel."""

SECONDS = 5
"""How long the panel waits for booking; levels are shown without it."""


class AccountsSummary(BaseHandler):
    """Level and package of Hub users, for administrators: ``?name=alice&name=bob``.

    Accounts and booking are asked with the Hub's own token, so it is for those only who may see
    all users anyway.
    """

    @needs_scope("admin-ui")
    async def get(self) -> None:
        """Answer with those of the users that have accounts."""
        if "list:users" not in self.expanded_scopes:
            raise HTTPError(403, "It takes the scope list:users, for all users.")
        self.set_header("Cache-Control", "no-store")
        try:
            self.finish({"accounts": await self._summaries(self._names())})
        except AglaisError as problem:
            self.log.warning("The admin panel shows no levels: %s", problem.message)
            self.set_status(503)
            self.finish({"message": "The accounts service does not answer."})

    def _names(self) -> list[str]:
        names: list[str] = self.get_arguments("name")
        if len(names) > AT_ONCE:
            raise HTTPError(400, f"Name at most {AT_ONCE} at once.")
        return names

    async def _summaries(self, names: Sequence[str]) -> list[dict[str, Any]]:
        if not names:
            return []
        accounts, admissions = await asyncio.gather(
            self.authenticator.accounts.accounts(*names), self._admissions(names)
        )
        packages = {(one.account, one.server): one.package for one in admissions}
        return [self._summary(account, packages) for account in accounts]

    async def _admissions(self, names: Sequence[str]) -> list[Admission]:
        """Return what runs; none while booking is away."""
        try:
            async with asyncio.timeout(SECONDS):
                found: list[Admission] = await self.authenticator.booking.admissions(*names)
        except (AglaisError, TimeoutError) as problem:
            self.log.warning("The admin panel shows no packages: %s", problem)
            return []
        return found

    def _summary(self, account: Account, packages: dict[tuple[str, str], str]) -> dict[str, Any]:
        mine = {server: name for (owner, server), name in packages.items() if owner == account.name}
        service = url_path_join(self.settings["base_url"], "services/accounts/accounts")
        page = url_path_join(service, url_escape_path(account.name))
        return {
            "name": account.name,
            "level": account.level.word,
            "packages": mine,
            "edit_url": f"{page}/edit",
            "limits_url": f"{page}/limits",
        }
