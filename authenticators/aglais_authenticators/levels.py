"""The level of an account as a group of its Hub user, so that scopes can be given to a level."""

from __future__ import annotations

from typing import Any

from jupyterhub import orm

from aglais_hub.models.accounts import Level

__all__ = ["add_level", "is_in_level", "mirror_level"]


def mirror_level(user: Any, level: Level) -> None:
    """Put a Hub user into the group of its level, and out of those of other levels.

    What it does not know about, such as the administrators' group, stays.
    """
    others = {one.group for one in Level}
    kept = {group.name for group in user.orm_user.groups} - others
    user.sync_groups(kept | {level.group})


def add_level(db: Any, user: Any, level: Level) -> None:
    """Put a Hub user who is new into the group of its level, without writing it at once."""
    group = orm.Group.find(db, level.group)
    if group is not None and not is_in_level(user, level):
        user.orm_user.groups.append(group)


def is_in_level(user: Any, level: Level) -> bool:
    """Tell whether a Hub user is of a level, as far as the Hub was told."""
    return any(group.name == level.group for group in user.orm_user.groups)
