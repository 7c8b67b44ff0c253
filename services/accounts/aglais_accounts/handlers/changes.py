"""URLs of what was changed about an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aglais_accounts.handlers.base import AccountPart, AccountsApi
from aglais_accounts.managers.base import READ
from aglais_accounts.managers.edits import UNBOUNDED
from aglais_hub.models import Model
from aglais_hub.models.accounts import Account, Change, Level, LevelEdit
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.show import label, none_words, shown

__all__ = ["ROUTES"]


class Changes(AccountsApi):
    """The history of an account."""

    @operation(Operation("List what was changed", READ, returns=Change, many=True))
    async def get(self, name: str) -> Sequence[Model]:
        """List it, newest first."""
        window = self.window()
        return self.listed(*await self.manager.edits.changes(self.actor, name, *window))


class ChangesPage(AccountPart):
    """The history of an account."""

    title = "History of"

    async def get(self, name: str) -> None:
        """Show it, newest first."""
        offset, limit = self.window()
        changes, total = await self.manager.edits.changes(self.actor, name, offset, limit)
        self.page(
            "own/changes.html",
            title=self.heading({"name": name}),
            changes=[(one, *told(one)) for one in changes],
            offset=offset,
            limit=limit,
            total=total,
        )


def told(change: Change) -> tuple[str, str, str]:
    """Return for people: what was changed, from what, to what."""
    info = LevelEdit.model_fields.get(change.field) or Account.model_fields.get(change.field)
    title = label(change.field, info.title if info else None)
    return title, _value(change.field, change.old), _value(change.field, change.new)


def _value(field: str, text: str | None) -> str:
    if text is None:
        return ""
    limit = LevelEdit.model_fields.get(field)
    if text == UNBOUNDED:
        return (none_words(limit) if limit else None) or "none"
    if field == "level":
        return Level(int(text)).word
    if field.endswith("_at"):
        return shown(datetime.fromisoformat(text))
    return shown(int(text), field) if limit and text.isdigit() else text


ROUTES = (
    Route("api/accounts/{name}/changes", Changes),
    Route("accounts/{name}/changes", ChangesPage),
)
