"""Removing what a hostile user left."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from aglais_spawners.sandbox import Bind, remove_directory
from tests.spawners.sandbox.box import Boxes, script


def test_links_out_of_the_tree_are_removed_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("kept")
    inside = tmp_path / "session"
    (inside / "folder").mkdir(parents=True)
    (inside / "folder/to-directory").symlink_to(outside)
    (inside / "to-file").symlink_to(outside / "precious")
    (inside / "hard").hardlink_to(outside / "precious")
    remove_directory(inside)
    assert not inside.exists()
    assert (outside / "precious").read_text() == "kept"


def test_a_link_in_place_of_the_directory_goes_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "session").symlink_to(outside)
    remove_directory(tmp_path / "session")
    assert outside.is_dir()
    assert not (tmp_path / "session").is_symlink()


def test_an_absent_directory_is_fine(tmp_path: Path) -> None:
    remove_directory(tmp_path / "nothing")


def test_names_and_depths_that_break_programs_are_removed(tmp_path: Path) -> None:
    session = tmp_path / "session"
    session.mkdir()
    here = os.open(session, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    for name in (b"\xff\n", b"-rf", b"* $(x)"):
        (session / os.fsdecode(name)).write_text("")
    (session / "closed").mkdir(mode=0)
    remove_directory(session)
    assert not session.exists()


@pytest.mark.sandbox
async def test_a_mount_left_behind_is_unmounted_and_its_files_stay(
    boxes: Boxes, tmp_path: Path
) -> None:
    outside = tmp_path / "out side"
    outside.mkdir()
    (outside / "precious").write_text("kept")
    place = boxes.root / "guest-1" / "a b"
    place.mkdir(parents=True)
    subprocess.run(["mount", "--bind", outside, place], check=True)  # noqa: ASYNC221
    assert await boxes.host.sweep(boxes.root, set()) == {"guest-1"}
    assert not place.exists()
    assert (outside / "precious").read_text() == "kept"


@pytest.mark.sandbox
async def test_a_user_who_plants_links_harms_nobody(boxes: Boxes, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    home = Bind(boxes.root / "guest-1" / "data", "/data/user", owner=320_001)
    plant = (
        f"cd /data/user; ln -s {precious} a; ln -s {precious}/file b; mkdir c; chmod 0 c; echo end"
    )
    record = await boxes.start(
        script("plant", plant), server_uid=320_000, user_uid=320_001, read_write=(home,)
    )
    await boxes.said(record, "plant")
    await boxes.host.stop(record)
    assert not record.layout.directory.exists()
    assert (precious / "file").read_text() == "kept"
