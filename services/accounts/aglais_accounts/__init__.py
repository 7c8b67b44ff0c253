"""The accounts service: who the platform knows, at which level, and how they leave."""

from datetime import timedelta

from aglais_accounts.config import AccountsConfig, embedded_settings
from aglais_accounts.handlers import ROUTES
from aglais_accounts.managers import Managers
from aglais_accounts.mirror import Mirror
from aglais_accounts.outbox import Outbox
from aglais_accounts.reaper import Reaper
from aglais_accounts.rotation import rotate
from aglais_accounts.schema import Base
from aglais_accounts.watch import Watch
from aglais_hub.identity import scope
from aglais_hub.models.accounts import Level
from aglais_hub.service import Chore, Service

__all__ = ["service"]

service = Service(
    name="accounts",
    package="aglais_accounts",
    summary="Accounts and their levels",
    config=AccountsConfig,
    metadata=Base.metadata,
    manager=Managers,
    routes=ROUTES,
    chores=(
        Chore("depart", timedelta(seconds=2), lambda manager: Reaper(manager).depart()),
        Chore("sweep", timedelta(seconds=20), lambda manager: Reaper(manager).sweep()),
        Chore("mails", timedelta(seconds=2), lambda manager: Outbox(manager).send()),
        Chore("mirror", timedelta(seconds=5), lambda manager: Mirror(manager).tell()),
        Chore("watch", timedelta(seconds=60), lambda manager: Watch(manager).look()),
        Chore("tidy", timedelta(seconds=60), lambda manager: manager.upkeep.tidy()),
    ),
    home="accounts",
    templates=True,
    embedded=embedded_settings,
    rotate=rotate,
    needs=(
        "list:users",
        "read:users",
        "read:servers",
        "delete:users",
        "delete:servers",
        "access:services",
        # No other groups: whoever is in the administrators' one may do everything.
        *(f"groups!group={level.group}" for level in Level),
        scope("read", "spaces"),
        scope("write", "spaces"),
        scope("read", "admissions"),
        scope("read", "packages"),
        scope("read", "bookings"),
        scope("write", "bookings"),
        scope("read", "requests"),
        scope("write", "admissions"),
    ),
)
