"""The level of an account as a group of its Hub user, so that scopes can be given to a level."""

from __future__ import annotations

from typing import Any

from jupyterhub import orm

from aglais_hub.models.accounts import Level

__all__ = ["is_in_level", "make_user", "mirror_level"]


def mirror_level(user: Any, level: Level) -> None:
    """Put a Hub user into the group of its level, and out of those of other levels.

    What it does not know about, such as the administrators' group, stays.
    """
    others = {one.group for one in Level}
    kept = {group.name for group in user.orm_user.groups} - others
    user.sync_groups(kept | {level.group})


def make_user(db: Any, name: str, level: Level) -> Any:
    """Make a Hub user with all that JupyterHub gives a new one, and in the group of its level.

    JupyterHub writes user, role, group and server one after the other, and looks each up again.
    Guests come by the dozen, and each time that the database writes everybody waits: so all of
    it is one write.
    """
    roles, groups = _known(db, orm.Role, "user"), _known(db, orm.Group, level.group)
    user = orm.User(name=name, admin=False, roles=roles, groups=groups)
    db.add(user)
    db.add(orm.Spawner(name="", display_name="", user=user))
    db.commit()
    return user


def _known(db: Any, kind: Any, name: str) -> list[Any]:
    """Return the role or group of a name, if there is one; it is looked for once."""
    known = db.info.setdefault("aglais_known", {})
    thing = known.get((kind, name))
    if thing is None or thing not in db:  # not deleted since
        thing = known[kind, name] = kind.find(db, name)
    return [] if thing is None else [thing]


def is_in_level(user: Any, level: Level) -> bool:
    """Tell whether a Hub user is of a level, as far as the Hub was told."""
    return any(group.name == level.group for group in user.orm_user.groups)
