"""Alembic's entry to this service's migrations."""

from aglais_booking.schema import Base
from aglais_hub.database.migrations import run

run(Base.metadata)
