"""Ways to keep spaces on this machine."""

from aglais_storage.backends.base import LOCKS, Plan, SpaceBackend
from aglais_storage.backends.choice import backends_of
from aglais_storage.backends.locks import SpaceLock

__all__ = ["LOCKS", "Plan", "SpaceBackend", "SpaceLock", "backends_of"]
