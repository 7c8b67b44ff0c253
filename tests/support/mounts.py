"""Mounts that tests have made."""

from __future__ import annotations

import subprocess
from pathlib import Path

from aglais_storage.backends.mounts import mount_points


def unmount_below(folder: Path) -> None:
    for point in reversed(mount_points()):
        if point.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", point], check=False)
