"""A service's own database: SQLite by default, PostgreSQL by URL, the same code on both."""

from aglais_hub.database.answers import Answer, AnswerBook
from aglais_hub.database.engine import Database, hasten_sqlite, inserted, is_away
from aglais_hub.database.keyset import Keyset
from aglais_hub.database.leases import LeaseStore
from aglais_hub.database.tables import UtcDateTime, service_metadata

__all__ = [
    "Answer",
    "AnswerBook",
    "Database",
    "Keyset",
    "LeaseStore",
    "UtcDateTime",
    "hasten_sqlite",
    "inserted",
    "is_away",
    "service_metadata",
]
