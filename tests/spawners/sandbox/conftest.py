"""Sandboxes for the tests beside this file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aglais_spawners.sandbox import SandboxHost, detect
from tests.spawners.sandbox.box import Boxes, can_make_sandboxes

_KINDS = detect() if can_make_sandboxes() else None


@pytest.fixture
async def boxes(tmp_path: Path) -> AsyncIterator[Boxes]:
    """The means to start sandboxes; what a test leaves is swept, which is itself a test."""
    if _KINDS is None:
        pytest.skip("sandboxes need root and bubblewrap")
    root = tmp_path / "sessions"
    made = Boxes(root, SandboxHost(_KINDS))
    yield made
    await made.host.sweep(root, set())
    assert not root.exists() or not list(root.iterdir())


@pytest.fixture
def limited(boxes: Boxes) -> Boxes:
    """The same, where limits can be had."""
    if boxes.host.cgroups.kind == "none":
        pytest.skip(boxes.host.cgroups.reason)
    return boxes
