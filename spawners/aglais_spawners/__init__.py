"""How sessions start: embedded on this machine, or on clusters."""

from aglais_spawners.embedded.spawner import AglaisLocalSpawner

__all__ = ["AglaisLocalSpawner"]
