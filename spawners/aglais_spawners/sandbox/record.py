"""What the hub keeps of a running sandbox, so that a later hub finds it again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aglais_spawners.sandbox.layout import Layout
from aglais_spawners.sandbox.processes import Process

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SandboxRecord"]


@dataclass(frozen=True)
class SandboxRecord:
    """A sandbox: its init as the host sees it, its directory, its control groups.

    ``group_paths`` holds the folders of each group, one for each hierarchy.
    """

    name: str
    directory: str
    init: Process
    cgroup_kind: str
    group_paths: Mapping[str, list[str]]

    @property
    def layout(self) -> Layout:
        """Where the sandbox's own files lie."""
        return Layout(Path(self.directory))

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes: plain values for the hub's database."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SandboxRecord:
        """Return the record that `to_json` gave."""
        return cls(**{**value, "init": Process(**value["init"])})
