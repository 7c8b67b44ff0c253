"""What all steps of a login at a provider share."""

from __future__ import annotations

from typing import ClassVar

from aglais_authenticators.handlers.base import DoorHandler
from aglais_authenticators.providers.errors import PROVIDER_ERRORS
from aglais_authenticators.providers.provider import Provider
from aglais_hub.errors import AglaisError

__all__ = ["ProviderHandler"]


class ProviderHandler(DoorHandler):
    """A step of a login at a provider."""

    provider: ClassVar[Provider]

    @property
    def identities_page(self) -> str:
        """The page of what the account of who is logged in logs in with."""
        name = self.current_user.escaped_name
        return f"{self.base_url}services/accounts/accounts/{name}/identities"

    async def refuse(self, problem: AglaisError) -> None:
        """Say what went wrong at the provider; what the accounts service says is said as ever."""
        if not isinstance(problem, PROVIDER_ERRORS):
            await super().refuse(problem)
            return
        if problem.retry_after is not None:
            self.set_header("Retry-After", str(problem.retry_after))
        await self.show("provider_problem.html", status=problem.status, problem=problem)
