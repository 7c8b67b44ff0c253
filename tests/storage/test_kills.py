"""Kill -9 at every step of everything: the next one to come finishes or removes it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from aglais_hub.database.migrations import migrate
from aglais_hub.models.storage import Space, SpaceUsage
from aglais_storage.backends.directory import DirectoryBackend
from aglais_storage.backends.image import ImageBackend
from aglais_storage.manager import SpaceManager
from aglais_storage.mender import Mender
from tests.storage.killed import ASKED, LARGER, ROOT_USER, die_at, manager_of, work

ENSURE = {
    "directory": ("add-row", "row-added", "make-directory", "give-directory", "mark-ready"),
    "image": (
        "add-row", "row-added", "make-image", "rename-image", "make-mount-point", "check", "mount",
        "lay-out", "fit", "mark-ready",
    ),
}  # fmt: skip
EDIT = {
    "directory": ("mark-ready",),
    "image": ("fit", "enlarge-image", "enlarge-file-system", "mark-ready"),
}
ERASE = {
    "directory": ("mark-erasing", "make-heap", "move-to-heap", "erase-heap", "remove-row"),
    "image": (
        "mark-erasing", "shut-down", "unmount", "empty-image", "delete-image",
        "delete-mount-point", "remove-row",
    ),
}  # fmt: skip
CASES = [
    pytest.param(backend, task, step, marks=[pytest.mark.sandbox] if backend == "image" else [])
    for task, steps in (("ensure", ENSURE), ("edit", EDIT), ("erase", ERASE))
    for backend in ("directory", "image")
    for step in steps[backend]
]

T = TypeVar("T")

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.storage.killed"])


def test_every_step_is_among_the_cases() -> None:
    steps = {*ImageBackend.steps, *DirectoryBackend.steps, *SpaceManager.steps}
    assert {case.values[2] for case in CASES} == steps


def kill_at(step: str, task: str, url: str, root: Path, backend: str) -> None:
    process = processes.Process(target=die_at, args=(step, task, url, root, backend))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, f"{step} was not reached"


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate("aglais_storage", url)
    return url


@pytest.mark.parametrize("by", ["mender", "request"])
@pytest.mark.parametrize(("backend", "task", "step"), CASES)
def test_what_a_kill_leaves_is_finished(
    backend: str, task: str, step: str, by: str, url: str, root: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting and giving files away need root")
    here = (url, root, backend)
    if task != "ensure":
        with_manager(prepare, here)
    kill_at(step, task, *here)
    with_manager(lambda manager: finish(manager, task if by == "request" else None), here)
    spaces = with_manager(found, here)
    left = {path.name.partition(".")[0] for path in root.glob("*/space-*")}
    assert left <= {space.id for space in spaces}
    if not spaces:
        assert task == "erase" or step == "add-row"
        return
    assert len(spaces) == 1
    check(spaces[0], is_filled=task != "ensure")
    if task == "edit" and by == "request":
        assert spaces[0].quota_bytes == LARGER.quota_bytes


def with_manager(act: Callable[[SpaceManager], Awaitable[T]], here: tuple[str, Path, str]) -> T:
    async def main() -> T:
        manager = manager_of(*here)
        try:
            return await act(manager)
        finally:
            await manager.context.database.close()

    return asyncio.run(main())


async def prepare(manager: SpaceManager) -> None:
    space, _ = await manager.ensure(ROOT_USER, ASKED)
    assert space.path is not None
    (space.path / "data").write_text("kept")


async def finish(manager: SpaceManager, task: str | None) -> None:
    if task and (await manager.spaces(ROOT_USER, None, 0, 1))[1]:
        await work(manager, task)
    else:
        await Mender(manager).mend()
    await Mender(manager).clear()


async def found(manager: SpaceManager) -> list[Space]:
    spaces, _ = await manager.spaces(ROOT_USER, None, 0, 9)
    return [await manager.space(ROOT_USER, space.id) for space in spaces]


def check(space: Space, *, is_filled: bool) -> None:
    assert space.state == "ready"
    assert space.path is not None
    assert space.usage is not None
    assert space.path.stat().st_uid == space.owner_uid == 2_000_000
    if is_filled:
        assert (space.path / "data").read_text() == "kept"
        assert space.usage == SpaceUsage(bytes=4096, files=1)
    if space.enforcement == "filesystem":
        state = os.statvfs(space.path)
        room = state.f_bavail * state.f_frsize + space.usage.bytes - space.quota_bytes
        assert 0 <= room <= 3 * 4096
        assert state.f_ffree + space.usage.files == space.quota_files
