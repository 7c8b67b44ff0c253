"""Control groups: version 2, version 1, or none, with the same face."""

from aglais_spawners.sandbox.cgroups.base import Cgroups, GroupUsage, NoCgroups
from aglais_spawners.sandbox.cgroups.detection import detect

__all__ = ["Cgroups", "GroupUsage", "NoCgroups", "detect"]
