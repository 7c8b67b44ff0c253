"""Alembic's entry to this service's migrations."""

from aglais_hub.database.migrations import run
from aglais_storage.schema import Base

run(Base.metadata)
