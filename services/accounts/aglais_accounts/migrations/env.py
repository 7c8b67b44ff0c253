"""Alembic's entry to this service's migrations."""

from aglais_accounts.schema import Base
from aglais_hub.database.migrations import run

run(Base.metadata)
