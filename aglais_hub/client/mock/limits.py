"""What the accounts service in memory knows of limits and changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from aglais_hub.client.mock.people import MockPeople
from aglais_hub.client.mock.service import Asked, answers, refused
from aglais_hub.errors import Conflict, InvalidRequest, NotFound
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import (
    Account,
    AccountEdit,
    AccountState,
    Change,
    Level,
    LevelEdit,
    LevelLimits,
)
from aglais_hub.models.limits import LIMITS, AccountLimits, Override, OverridesEdit

__all__ = ["MockLimits"]

READ, WRITE = scope("read", "accounts"), scope("write", "accounts")


class MockLimits(MockPeople):
    """Levels, limits of single accounts, and what was changed; a part of the accounts service."""

    def __init__(self) -> None:
        super().__init__()
        self.overrides: dict[str, dict[str, Override]] = {}
        self.changed: dict[str, list[Change]] = {}

    def forget(self, name: str) -> None:
        """Forget an account, its limits and its history."""
        super().forget(name)
        self.overrides.pop(name, None)
        self.changed.pop(name, None)

    @answers("POST", "levels/{level}", WRITE)
    def edit_level(self, asked: Asked, level: str) -> LevelLimits:
        """Change what a level gives."""
        edit, number = asked.body(LevelEdit), int(level)
        asked.actor.require(WRITE)
        if number not in self.of_levels:
            raise NotFound(f"There is no level {level}.")
        self.of_levels[Level(number)] = LevelLimits(level=Level(number), **dict(edit))
        self._refresh()
        return self.of_levels[Level(number)]

    def _refresh(self) -> None:
        """Let every account have the limits that hold for it now."""
        for name, account in self.known.items():
            overrides = self.overrides.get(name, {})
            values = {field: one.value for field, one in overrides.items()}
            limits = self.of_levels[account.level].model_copy(update=values)
            self.known[name] = account.model_copy(update={"limits": limits})

    @answers("POST", "accounts/{name}", WRITE)
    def edit_account(self, asked: Asked, name: str) -> Account:
        """Change an account."""
        edit = asked.body(AccountEdit)
        asked.actor.require(WRITE)
        account = self._editable(name)
        _check_level(account, edit)
        end = edit.expires_at
        if end == account.expires_at and edit.level is not account.level:
            life = self.of_levels[edit.level].lifetime_seconds
            end = utcnow() + timedelta(seconds=life) if life else None
        wanted = {"level": edit.level, "display_name": edit.display_name, "expires_at": end}
        for field, new in wanted.items():
            old = getattr(account, field)
            self._record(asked, name, field, _or_none(old), _or_none(new), edit.why)
        if edit.level is not Level.CUSTOM:
            for field, one in sorted(self.overrides.pop(name, {}).items()):
                self._record(asked, name, field, _text(one.value), None, edit.why)
        self.known[name] = account.model_copy(update=wanted)
        self._refresh()
        return self.known[name]

    def _editable(self, name: str) -> Account:
        account = self.account_of(name)
        if account.state is AccountState.LEAVING:
            raise refused(Conflict, "account-leaving", f"{name} is being erased.")
        return account

    def _record(
        self, asked: Asked, name: str, field: str, old: str | None, new: str | None, why: str | None
    ) -> None:
        if old == new:
            return
        by, at = asked.actor.name, utcnow()
        change = Change(account=name, at=at, by=by, field=field, old=old, new=new, why=why)
        self.changed.setdefault(name, []).insert(0, change)

    @answers("GET", "accounts/{name}/changes", READ)
    def changes(self, asked: Asked, name: str) -> list[Change]:
        """List what was changed, newest first."""
        asked.actor.require(READ, owner=name)
        self.account_of(name)
        return self.changed.get(name, [])

    @answers("GET", "accounts/{name}/limits", READ)
    def limits(self, asked: Asked, name: str) -> AccountLimits:
        """Return what holds for an account."""
        asked.actor.require(READ, owner=name)
        return self._limits_of(name)

    def _limits_of(self, name: str) -> AccountLimits:
        account = self.account_of(name)
        overrides = self.overrides.get(name, {})
        return AccountLimits(
            account=name,
            level=account.level,
            limits=account.limits,
            of_level=self.of_levels[account.level],
            overrides=tuple(overrides[field] for field in LIMITS if field in overrides),
        )

    @answers("POST", "accounts/{name}/limits", WRITE)
    def edit_limits(self, asked: Asked, name: str) -> AccountLimits:
        """Set limits for an account."""
        edit = asked.body(OverridesEdit)
        asked.actor.require(WRITE)
        if self._editable(name).level is not Level.CUSTOM:
            raise refused(Conflict, "level-too-low", "Raise its level to n first.")
        before, by = self.overrides.get(name, {}), asked.actor.name
        for field in LIMITS:
            old = _text(before[field].value) if field in before else None
            new = _text(edit.given[field]) if field in edit.given else None
            self._record(asked, name, field, old, new, edit.why)
        self.overrides[name] = {
            field: before[field]
            if field in before and before[field].value == value
            else Override(field=field, value=value, by=by, at=utcnow(), why=edit.why)
            for field, value in edit.given.items()
        }
        self._refresh()
        return self._limits_of(name)


def _check_level(account: Account, edit: AccountEdit) -> None:
    if edit.level is account.level:
        return
    if edit.why is None:
        raise refused(InvalidRequest, "why-needed", "Say why the level changes.")
    if edit.level is Level.ANONYMOUS:
        raise refused(Conflict, "level-not-possible", f"{account.name} cannot become a guest.")


def _text(value: Any) -> str:
    if value is None:
        return "unbounded"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(int(value) if isinstance(value, Level) else value)


def _or_none(value: Any) -> str | None:
    return None if value is None else _text(value)
