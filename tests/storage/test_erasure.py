"""Erasing directories against owners who do not want it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from aglais_storage.backends import Plan
from aglais_storage.backends.directory import DirectoryBackend
from aglais_storage.backends.erasure import erase_heap
from aglais_storage.errors import SpaceBusyError

ID = "space-" + 24 * "b"
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def directories(root: Path) -> DirectoryBackend:
    backend = DirectoryBackend(root, reserve_bytes=0)
    backend.settle(Plan(ID, 2**20, 100, 2_000_000))
    return backend


def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    (folder / "inner").mkdir(parents=True)
    (folder / "precious").write_text("x")
    (folder / "inner" / "precious").write_text("x")
    return folder


def is_whole(folder: Path) -> bool:
    return (folder / "precious").exists() and (folder / "inner" / "precious").exists()


def test_links_are_not_followed(directories: DirectoryBackend, tmp_path: Path) -> None:
    precious, top = outside(tmp_path), directories.path(ID)
    (top / "link").symlink_to(precious)
    (top / "sub").mkdir()
    (top / "sub" / "link").symlink_to(precious / "inner")
    (top / "hard").hardlink_to(precious / "precious")
    os.mkfifo(top / "fifo")
    here = os.open(top, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{here}/s")  # Paths of sockets have 107 bytes at most.
    os.close(here)
    assert directories.measure(ID).files == 6
    directories.erase(ID)
    assert is_whole(precious)
    assert not top.exists()


def test_a_top_that_became_a_link_is_only_unlinked(
    directories: DirectoryBackend, tmp_path: Path
) -> None:
    precious, top = outside(tmp_path), directories.path(ID)
    top.rmdir()
    top.symlink_to(precious)
    directories.erase(ID)
    assert is_whole(precious)
    assert not top.is_symlink()


def test_racing_swaps_of_directories_and_links_stay_inside(
    directories: DirectoryBackend, tmp_path: Path
) -> None:
    precious, top = outside(tmp_path), directories.path(ID)
    here = os.open(top, os.O_RDONLY)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for act in (
                lambda: os.mkdir("swap", dir_fd=here),
                lambda: os.mkdir("swap/inner", dir_fd=here),
                lambda: os.rename("swap", "other", src_dir_fd=here, dst_dir_fd=here),
                lambda: os.symlink(precious, "swap", dir_fd=here),
                lambda: os.unlink("swap", dir_fd=here),
            ):
                with contextlib.suppress(OSError):
                    act()

    threads = [threading.Thread(target=swap) for _ in range(2)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        heap = directories.root / "erasing" / ID
        heap.mkdir(exist_ok=True)
        if top.exists():
            top.rename(heap / "top")
        try:
            erase_heap(heap, 0.1)
            break
        except SpaceBusyError:
            continue
    stop.set()
    for thread in threads:
        thread.join()
    os.close(here)
    directories.erase(ID)
    assert is_whole(precious)


def test_an_owner_who_goes_on_writing_is_told_of_and_outlived(
    directories: DirectoryBackend,
) -> None:
    top = directories.path(ID)
    for number in range(2000):
        (top / f"f{number}").touch()
    heap = directories.root / "erasing" / ID
    heap.mkdir()
    top.rename(heap / "top")
    with pytest.raises(SpaceBusyError):
        erase_heap(heap, 0)
    directories.erase(ID)
    assert not heap.exists()


def test_trees_deeper_than_any_path_are_measured_and_erased(
    directories: DirectoryBackend,
) -> None:
    depth, fd = 1500, os.open(directories.path(ID), os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("deeper-than-a-path", dir_fd=fd)
        below = os.open("deeper-than-a-path", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)
    assert directories.measure(ID).files == depth
    directories.erase(ID)
    assert not directories.path(ID).exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root makes files immutable or gives them away")
def test_what_is_protected_or_foreign_goes_too(directories: DirectoryBackend) -> None:
    top = directories.path(ID)
    (top / "sub").mkdir()
    for file in (top / "fixed", top / "sub" / "fixed"):
        file.write_text("x")
    os.chown(top / "sub" / "fixed", 12345, 12345)
    (top / "sub").chmod(0)
    protect = ["chattr", "+i", top / "fixed", top / "sub" / "fixed", top / "sub"]
    if subprocess.run(protect, check=False, capture_output=True).returncode:
        pytest.skip("this file system knows no flags")
    subprocess.run(["chattr", "+a", top], check=True)
    directories.erase(ID)
    assert not top.exists()


@pytest.mark.skipif(not IS_ROOT, reason="becomes another user")
def test_without_root_modes_do_not_keep_a_tree(tmp_path: Path) -> None:
    home = Path("/tmp") / f"aglais-erasure-{os.getpid()}"
    tree = home / "heap" / "top" / "closed"
    tree.mkdir(parents=True)
    (tree / "file").write_text("x")
    tree.chmod(0)
    subprocess.run(["chown", "-R", "65534:65534", home], check=True)
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            erase_heap(home / "heap", 10)
        finally:
            os._exit(0 if not (home / "heap").exists() else 1)
    assert os.waitpid(child, 0)[1] == 0
    shutil.rmtree(home)


def test_a_heap_left_by_a_killed_process_is_finished(directories: DirectoryBackend) -> None:
    heap = directories.root / "erasing" / ID
    (heap / "top" / "a" / "b").mkdir(parents=True)
    (heap / "0123").mkdir()
    (heap / "file").touch()
    directories.erase(ID)
    assert not heap.exists()
    assert not directories.path(ID).exists()
