"""URLs of what holds for one account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from aglais_accounts.handlers.base import AccountPart, AccountsApi
from aglais_accounts.managers.base import READ, WRITE
from aglais_hub.models import Model
from aglais_hub.models.accounts import Level
from aglais_hub.models.limits import AccountLimits, Override, OverridesEdit
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.forms import FormField, form_fields
from aglais_hub.web.pages import EditorPage
from aglais_hub.web.show import Fact, facts, shown

__all__ = ["ROUTES"]


class OneAccountsLimits(AccountsApi):
    """What holds for an account."""

    @operation(
        Operation(
            "Return what holds for an account, and where it comes from", READ, returns=AccountLimits
        )
    )
    async def get(self, name: str) -> AccountLimits:
        """Return it."""
        return await self.manager.limits.limits(self.actor, name)

    @operation(
        Operation(
            "Set limits for one account of level n, instead of all that were set before",
            WRITE,
            OverridesEdit,
            returns=AccountLimits,
            is_slow=True,
        )
    )
    async def post(self, request: OverridesEdit, name: str) -> AccountLimits:
        """Set them."""
        return await self.manager.limits.edit_limits(self.actor, name, request, self.if_match)


@dataclass(frozen=True)
class LimitLine:
    """A limit, as the page tells it."""

    label: str
    value: str
    used: str | None
    percent: int
    override: Override | None
    of_level: str


def lines(limits: AccountLimits, usage: dict[str, int]) -> Iterator[LimitLine]:
    """Yield all limits of an account, with what is used of them."""
    overrides = {one.field: one for one in limits.overrides}
    for fact, usual in zip(_limit_facts(limits.limits), _limit_facts(limits.of_level), strict=True):
        used, bound = usage.get(fact.name), getattr(limits.limits, fact.name)
        yield LimitLine(
            label=fact.label,
            value=shown(fact.value, fact.name),
            used=None if used is None else shown(used, fact.name),
            percent=min(100, round(100 * used / bound)) if used and bound else 0,
            override=overrides.get(fact.name),
            of_level=shown(usual.value, usual.name),
        )


def _limit_facts(limits: Model) -> list[Fact]:
    return [fact for fact in facts(limits) if fact.name != "level"]


class LimitsPage(AccountPart):
    """What holds for an account, where it comes from, and what of it is in use."""

    title = "Limits of"

    async def get(self, name: str) -> None:
        """Show it."""
        limits = await self.manager.limits.limits(self.actor, name)
        usage = await self.manager.limits.usage(self.actor, name)
        self.page(
            "own/limits.html",
            title=self.heading({"name": name}),
            limits=limits,
            lines=list(lines(limits, usage)),
            may_edit=self.actor.holds(WRITE),
            is_custom=limits.level is Level.CUSTOM,
        )


class LimitsEditor(AccountPart, EditorPage):
    """The form that sets limits for one account."""

    title, model, edit_scope = "Limits of", OverridesEdit, WRITE
    owner = None

    async def thing(self, name: str) -> AccountLimits:  # type: ignore[override]
        """Return what holds now."""
        return await self.manager.limits.limits(self.actor, name)

    def fields(self, thing: Any, typed: dict[str, str]) -> list[FormField]:
        """Return the controls; each says what the level gives where it is left empty."""
        usual = {fact.name: shown(fact.value, fact.name) for fact in _limit_facts(thing.of_level)}
        return [
            replace(field, placeholder=f"Level {thing.level.word}: {usual[field.name]}")
            if field.name in usual
            else field
            for field in form_fields(self.model, thing.set_alone, typed)
        ]

    async def save(self, edit: OverridesEdit, version: str | None, name: str) -> AccountLimits:  # type: ignore[override]
        """Save it."""
        return await self.manager.limits.edit_limits(self.actor, name, edit, version)


ROUTES = (
    Route("api/accounts/{name}/limits", OneAccountsLimits),
    Route("accounts/{name}/limits", LimitsPage),
    Route("accounts/{name}/limits/edit", LimitsEditor),
)
