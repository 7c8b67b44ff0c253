"""Fixtures of the storage service: both ways to keep spaces, on a real file system."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from aglais_hub.identity import scope
from aglais_storage import service
from tests.support.hub import HubDouble
from tests.support.mounts import unmount_below
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "spaces"), scope("write", "spaces")


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A root for spaces; nothing stays mounted in it."""
    yield tmp_path / "root"
    unmount_below(tmp_path)


@pytest.fixture(params=["directory", pytest.param("image", marks=pytest.mark.sandbox)])
def backend(request: pytest.FixtureRequest) -> str:
    if request.param == "image" and os.geteuid() != 0:
        pytest.skip("mounting needs root")
    return str(request.param)


@pytest.fixture
async def storage(
    database_url: str, hub: HubDouble, root: Path, backend: str
) -> AsyncIterator[RunningService]:
    async with running(
        service, database_url, hub, root=root, backend=backend, settle_seconds=0, stray_seconds=0
    ) as running_service:
        yield running_service
