"""Calls about limits of single accounts, levels, and what was changed."""

from __future__ import annotations

from typing import Any

from aglais_hub.client import ServiceClients
from aglais_hub.models.accounts import AccountEdit, Level, LevelEdit
from aglais_hub.models.limits import OverridesEdit
from tests.client.case import Case

__all__ = ["LIMITS"]


def account_edit(level: Level, **changes: Any) -> AccountEdit:
    return AccountEdit(**{"level": level, "display_name": None, "expires_at": None} | changes)


async def level_edit(clients: ServiceClients, level: Level, **changes: Any) -> Any:
    """Change a level to what it is already, but for these fields."""
    usual = (await clients.accounts.levels())[level].model_dump(exclude={"level"})
    return await clients.accounts.edit_level(level, LevelEdit(**usual | changes))


LIMITS = [
    Case("accounts.edit_level", "one", lambda c, n: level_edit(c, Level.CUSTOM, idle_seconds=None)),
    Case("accounts.edit_level", "other", lambda c, n: level_edit(c, Level.CUSTOM, temp_files=99)),
    Case(
        "accounts.edit_level",
        "without the right",
        lambda c, n: level_edit(c, Level.BASIC, temp_files=1),
        who="alice",
    ),
    Case("accounts.limits", "of its level", lambda c, n: c.accounts.limits("alice")),
    Case("accounts.limits", "own", lambda c, n: c.accounts.limits("alice"), who="alice"),
    Case("accounts.limits", "other's", lambda c, n: c.accounts.limits("bob"), who="alice"),
    Case("accounts.limits", "unknown", lambda c, n: c.accounts.limits("nobody")),
    Case(
        "accounts.edit_limits",
        "level too low",
        lambda c, n: c.accounts.edit_limits("alice", OverridesEdit(why="a course", temp_files=9)),
    ),
    Case("accounts.changes", "none", lambda c, n: c.accounts.changes("alice")),
    Case("accounts.changes", "unknown", lambda c, n: c.accounts.changes("nobody")),
    Case("accounts.changes", "other's", lambda c, n: c.accounts.changes("bob"), who="alice"),
    Case(
        "accounts.edit_account",
        "no reason",
        lambda c, n: c.accounts.edit_account("alice", account_edit(Level.CUSTOM)),
    ),
    Case(
        "accounts.edit_account",
        "own",
        lambda c, n: c.accounts.edit_account("alice", account_edit(Level.CUSTOM, why="mine")),
        who="alice",
    ),
    Case(
        "accounts.edit_account",
        "unknown",
        lambda c, n: c.accounts.edit_account("nobody", account_edit(Level.CUSTOM, why="a course")),
    ),
    Case(
        "accounts.edit_account",
        "higher",
        lambda c, n: c.accounts.edit_account("alice", account_edit(Level.CUSTOM, why="a course")),
    ),
    Case(
        "accounts.edit_account",
        "a guest",
        lambda c, n: c.accounts.edit_account("alice", account_edit(Level.ANONYMOUS, why="gone")),
    ),
    Case(
        "accounts.edit_limits",
        "some",
        lambda c, n: c.accounts.edit_limits(
            "alice",
            OverridesEdit(why="a course", temp_files=9, session_count=2, user_expires_seconds=None),
        ),
    ),
    Case(
        "accounts.edit_limits",
        "others",
        lambda c, n: c.accounts.edit_limits("alice", OverridesEdit(why="less", temp_files=9)),
    ),
    Case(
        "accounts.edit_limits",
        "own",
        lambda c, n: c.accounts.edit_limits("alice", OverridesEdit(why="more", temp_files=99)),
        who="alice",
    ),
    Case("accounts.account", "with limits of its own", lambda c, n: c.accounts.account("alice")),
    Case("accounts.changes", "some", lambda c, n: c.accounts.changes("alice")),
    Case(
        "accounts.edit_account",
        "lower",
        lambda c, n: c.accounts.edit_account(
            "alice", account_edit(Level.BASIC, why="over", display_name="Alice")
        ),
    ),
    Case("accounts.limits", "without its own", lambda c, n: c.accounts.limits("alice")),
    Case("accounts.changes", "own", lambda c, n: c.accounts.changes("alice"), who="alice"),
]
