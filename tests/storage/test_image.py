"""Spaces as file systems: the quota holds by itself, and everything survives everything."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aglais_hub.errors import Unavailable
from aglais_hub.models.storage import SpaceUsage
from aglais_storage.backends import Plan, image
from aglais_storage.backends.image import ImageBackend
from aglais_storage.backends.mounts import is_mounted, loop_of
from aglais_storage.errors import QuotaBelowUsageError, SpaceBusyError, StorageFullError

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root"),
]

MIB = 2**20
ID = "space-" + 24 * "a"
OWNER = 2_000_000


def plan(quota_bytes: int = 8 * MIB, quota_files: int = 40) -> Plan:
    return Plan(ID, quota_bytes, quota_files, OWNER)


@pytest.fixture
def images(root: Path) -> Iterator[ImageBackend]:
    backend = ImageBackend(root, reserve_bytes=0)
    backend.settle(plan())
    yield backend
    backend.erase(ID)


def as_owner(code: str, top: Path) -> str:
    """Run code as the owner, in the space; as in a sandbox, the way to it is not checked."""
    program = f"import os, sys; os.setgroups([]); os.setgid({OWNER}); os.setuid({OWNER}); {code}"
    command = ["/usr/bin/python3", "-c", program]
    return subprocess.run(command, cwd=top, capture_output=True, text=True, check=True).stdout


FILL = """
written = 0
with open('big', 'wb', buffering=0) as file:
    try:
        while True:
            written += file.write(b'x' * 65536)
            os.fsync(file.fileno())
    except OSError as full:
        print(written, full.errno)
"""


def test_no_byte_is_written_beyond_the_quota(images: ImageBackend) -> None:
    written, number = map(int, as_owner(f"exec({FILL!r})", images.path(ID)).split())
    assert number == errno.ENOSPC
    assert 8 * MIB - 128 * 1024 <= written <= 8 * MIB
    assert images.measure(ID).bytes <= 8 * MIB


def test_no_file_is_made_beyond_the_quota(images: ImageBackend) -> None:
    code = """
made = 0
try:
    while True:
        open(f'f{made}', 'w').close()
        made += 1
except OSError as full:
    print(made, full.errno)
"""
    assert as_owner(f"exec({code!r})", images.path(ID)).split() == ["40", str(errno.ENOSPC)]
    assert images.measure(ID).files == 40


@pytest.mark.parametrize(
    ("quota_bytes", "quota_files"),
    [(1, 1), (MIB, 100_000), (2**30, 10_000), (50 * 2**30, 1_000_000), (300 * MIB, 3)],
)
def test_quotas_of_all_sizes_are_exact_and_cost_little(
    root: Path, quota_bytes: int, quota_files: int
) -> None:
    backend = ImageBackend(root, reserve_bytes=0)
    backend.settle(plan(quota_bytes, quota_files))
    state = os.statvfs(backend.path(ID))
    assert 0 <= state.f_bavail * state.f_frsize - quota_bytes <= 3 * 4096
    assert state.f_ffree == quota_files
    assert backend.measure(ID) == SpaceUsage(bytes=0, files=0)
    os.sync()
    assert (root / "images" / f"{ID}.img").stat().st_blocks * 512 < 48 * MIB
    backend.erase(ID)


@pytest.mark.parametrize(
    "wanted", [(400 * MIB, 40), (8 * MIB, 5000), (600 * MIB, 9000), (4 * MIB, 10), (4 * MIB, 90)]
)
def test_a_quota_changes_and_what_is_there_stays(
    images: ImageBackend, wanted: tuple[int, int]
) -> None:
    (images.path(ID) / "data").write_bytes(b"d" * MIB)
    for _ in range(2):
        images.settle(plan(*wanted))
        state = os.statvfs(images.path(ID))
        used = images.measure(ID)
        assert used == SpaceUsage(bytes=MIB, files=1)
        assert 0 <= state.f_bavail * state.f_frsize + used.bytes - wanted[0] <= 3 * 4096
        assert state.f_ffree + used.files == wanted[1]
    assert (images.path(ID) / "data").read_bytes() == b"d" * MIB


def test_a_quota_is_not_put_below_what_is_there(images: ImageBackend) -> None:
    (images.path(ID) / "data").write_bytes(b"d" * 2 * MIB)
    with pytest.raises(QuotaBelowUsageError):
        images.settle(plan(MIB))
    images.settle(plan())
    assert (images.path(ID) / "data").stat().st_size == 2 * MIB


def test_a_file_system_that_must_be_unmounted_to_grow_waits_for_its_users(
    images: ImageBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_online_growth(*command: str, accept: tuple[int, ...] = (0,)) -> str:
        if command[0] == "resize2fs" and command[1].startswith("/dev/"):
            raise subprocess.CalledProcessError(1, command)
        return real(*command, accept=accept)

    real = image.run
    monkeypatch.setattr(image, "run", without_online_growth)
    with (images.path(ID) / "open").open("w") as file:
        with pytest.raises(SpaceBusyError):
            images.settle(plan(400 * MIB))
        file.write("still here")
    images.settle(plan(400 * MIB))
    assert (images.path(ID) / "open").read_text() == "still here"


def test_a_space_that_another_namespace_has_mounted_is_not_taken_apart(
    images: ImageBackend, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = root / "mounts" / ID
    other = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", "echo in; exec sleep 60"],
        stdout=subprocess.PIPE,
    )
    try:
        assert other.stdout is not None
        other.stdout.readline()
        subprocess.run(["umount", point], check=True)
        loop = loop_of(root / "images" / f"{ID}.img")
        assert loop is not None, "the other namespace holds it"
        images.settle(plan())
        assert loop_of(root / "images" / f"{ID}.img") == loop, "no second device"
        inside = Path(f"/proc/{other.pid}/root{images.path(ID)}")
        (inside / "late").write_text("x")
        images.erase(ID)
        with pytest.raises(OSError, match=r"Input/output|No such"):
            (inside / "later").write_text("x")
    finally:
        other.terminate()
        other.wait()


def test_after_a_power_cut_spaces_come_back(images: ImageBackend, root: Path) -> None:
    path, file = images.path(ID), root / "images" / f"{ID}.img"
    (path / "data").write_text("kept")
    os.sync()
    frozen = root / "frozen"
    # What the disk holds while the file system is in use is what a power cut leaves.
    subprocess.run(["cp", "--sparse=always", file, frozen], check=True)
    subprocess.run(["umount", root / "mounts" / ID], check=True)
    frozen.rename(file)
    assert images.present() == set()
    images.settle(plan())
    assert images.present() == {ID}
    assert (path / "data").read_text() == "kept"
    assert path.stat().st_uid == OWNER


def test_erasing_does_not_wait_for_open_files(images: ImageBackend, root: Path) -> None:
    path = images.path(ID) / "open"
    with path.open("wb") as file:
        file.write(b"secret" * MIB)
        file.flush()
        disk = root / "images" / f"{ID}.img"
        with disk.open("rb") as handle:
            images.erase(ID)
            assert os.fstat(handle.fileno()).st_blocks == 0, "no block is left to be read"
        with pytest.raises(OSError, match="Input/output"):
            os.pread(os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDONLY), 1, 0)
    assert not disk.exists()
    assert not is_mounted(root / "mounts" / ID)


def test_without_loop_devices_nothing_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_devices(source: str, point: Path, *, make_loop: bool) -> None:
        raise subprocess.CalledProcessError(
            32, "mount", stderr="mount: failed to setup loop device: No such device"
        )

    monkeypatch.setattr(image, "mount", no_devices)
    backend = ImageBackend(root, reserve_bytes=0)
    with pytest.raises(Unavailable, match="loop device"):
        backend.settle(plan())
    backend.erase(ID)
    assert list(root.glob("*/*")) == []


def test_a_disk_that_gets_full_meanwhile_refuses(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        backend = ImageBackend(small, reserve_bytes=0)
        with pytest.raises(StorageFullError):
            backend.settle(plan())
        image.WRITTEN_BYTES, before = 0, image.WRITTEN_BYTES
        try:
            with pytest.raises(StorageFullError):
                backend.settle(plan(2**30, 100_000))
        finally:
            image.WRITTEN_BYTES = before
        backend.erase(ID)
        assert list(small.glob("*/*")) == []
    finally:
        subprocess.run(["umount", "--lazy", small], check=True)


def test_an_orderly_end_leaves_no_mount_and_loses_nothing(images: ImageBackend) -> None:
    (images.path(ID) / "kept").write_text("kept")
    images.park()
    assert not images.present()
    assert loop_of(images.root / "images" / f"{ID}.img") is None
    images.settle(plan())
    assert (images.path(ID) / "kept").read_text() == "kept"
