"""The storage service: spaces of accounts, with quotas."""

from datetime import timedelta

from aglais_hub.service import Chore, Service
from aglais_storage.config import StorageConfig
from aglais_storage.handlers import ROUTES
from aglais_storage.manager import SpaceManager
from aglais_storage.mender import Mender
from aglais_storage.schema import Base

__all__ = ["service"]

service = Service(
    name="storage",
    package="aglais_storage",
    summary="Storage of accounts, with quotas",
    config=StorageConfig,
    metadata=Base.metadata,
    manager=SpaceManager,
    routes=ROUTES,
    chores=(
        Chore("mend", timedelta(seconds=5), lambda manager: Mender(manager).mend()),
        Chore("measure", timedelta(seconds=30), lambda manager: Mender(manager).measure()),
        Chore("clear", timedelta(seconds=60), lambda manager: Mender(manager).clear()),
    ),
    home="spaces",
    templates=True,
    embedded=lambda home: {"AGLAIS_STORAGE_ROOT": str(home / "spaces")},
)
