"""Spaces as archives, over REST: whole or visibly broken off, whatever their owners put in."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import os
import resource
import socket
import stat
import subprocess
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from aglais_hub.client import StorageClient
from aglais_hub.errors import AglaisError, Forbidden, NotFound, Unavailable
from aglais_hub.models.storage import Space
from aglais_storage.backends import archive as tars
from aglais_storage.backends.archive import SpaceTar
from tests.storage.conftest import READ, WRITE
from tests.storage.test_spaces import IS_ROOT, MIB, made, top
from tests.support.services import RunningService

pytestmark = pytest.mark.slow


@pytest.fixture
async def space(storage: RunningService) -> Space:
    async with storage.program(READ, WRITE) as api:
        return await made(api, quota_bytes=32 * MIB, quota_files=2000)


def client(storage: RunningService, token: str | None = None) -> StorageClient:
    token = token or storage.hub.token("program", READ, kind="service")
    return StorageClient(f"{storage.url}api/", token)


async def archived(storage: RunningService, space: Space) -> bytes:
    file, asked = io.BytesIO(), client(storage)
    size = await asked.save_archive(space.id, file)
    await asked.close()
    assert size == len(file.getvalue())
    return file.getvalue()


def members(tar: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        return {one.name: one for one in opened.getmembers()}


def content(tar: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        found = opened.extractfile(name)
        assert found is not None
        return found.read()


def unpack(tar: bytes, where: Path) -> None:
    """Unpack with GNU tar, which has nothing to complain about but a word that it does not know."""
    unpacked = subprocess.run(
        ["tar", "-x", "--warning=no-unknown-keyword", "-C", str(where)],
        input=tar,
        capture_output=True,
        check=False,
    )
    assert (unpacked.returncode, unpacked.stderr) == (0, b"")


def put(folder: bytes, name: bytes, data: bytes) -> None:
    with open(os.path.join(folder, name), "wb") as file:  # noqa: PTH118, PTH123 (bytes)
        file.write(data)


def got(folder: bytes, name: bytes) -> bytes:
    with open(os.path.join(folder, name), "rb") as file:  # noqa: PTH118, PTH123 (bytes)
        return file.read()


def manifest(tar: bytes, kind: str = "temp") -> dict[str, Any]:
    told: dict[str, Any] = json.loads(content(tar, f"spaces/{kind}.json"))
    return told


async def test_all_that_is_in_a_space_comes_out_again(
    storage: RunningService, space: Space, tmp_path: Path
) -> None:
    data = os.urandom(3 * MIB + 17)
    (top(space) / "a" / "b").mkdir(parents=True)
    (top(space) / "a" / "b" / "data").write_bytes(data)
    (top(space) / "a" / "empty").touch()
    (top(space) / "run.sh").write_text("#!/bin/sh\n")
    (top(space) / "run.sh").chmod(0o6755)
    tar = await archived(storage, space)
    found = members(tar)
    assert set(found) == {
        "spaces/temp", "spaces/temp/a", "spaces/temp/a/b", "spaces/temp/a/b/data",
        "spaces/temp/a/empty", "spaces/temp/run.sh", "spaces/temp.json",
    }  # fmt: skip
    assert content(tar, "spaces/temp/a/b/data") == data
    assert found["spaces/temp/run.sh"].mode == 0o755
    assert {(one.uid, one.gid, one.uname) for one in found.values()} == {(0, 0, "")}
    told = manifest(tar)
    assert (told["files"], told["directories"], told["bytes"]) == (3, 2, len(data) + 10)
    assert (told["left_out"], told["changed"], told["account"]) == (0, 0, "alice")
    unpack(tar, tmp_path)
    assert (tmp_path / "spaces/temp/a/b/data").read_bytes() == data


NAMES = [
    b"-rf", b"..hidden", b"a\nb", b"\x1b[31m", b"\xff\xfe", "é 日本".encode(), b"a" * 255,
    b" ", b"C:\\x", b"*", b"~", b"%2e%2e%2f", b"\xc3",
]  # fmt: skip


async def test_names_that_nobody_would_choose_are_kept(
    storage: RunningService, space: Space, tmp_path: Path
) -> None:
    folder = os.fsencode(top(space))
    for number, name in enumerate(NAMES):
        put(folder, name, b"%d" % number)
    deep = top(space)
    for _ in range(20):
        deep = deep / ("d" * 100)
        deep.mkdir()
    (deep / "leaf").write_text("deep")
    tar = await archived(storage, space)
    unpack(tar, tmp_path)
    out = os.fsencode(tmp_path / "spaces" / "temp")
    for number, name in enumerate(NAMES):
        assert got(out, name) == b"%d" % number
    assert (tmp_path / "spaces" / "temp" / "/".join(["d" * 100] * 20) / "leaf").exists()


async def test_links_are_kept_and_never_followed(
    storage: RunningService, space: Space, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    home = top(space)
    (home / "out").symlink_to(secret)
    (home / "up").symlink_to("../..")
    (home / "root").symlink_to("/")
    (home / "loop").symlink_to("loop")
    (home / "long").symlink_to("x/" * 1500)
    (home / "one").write_bytes(b"x" * 5000)
    (home / "two").hardlink_to(home / "one")
    tar = await archived(storage, space)
    found = members(tar)
    assert b"not yours" not in tar
    links = {name: one.linkname for name, one in found.items() if one.issym()}
    assert links == {
        "spaces/temp/out": str(secret), "spaces/temp/up": "../..", "spaces/temp/root": "/",
        "spaces/temp/loop": "loop", "spaces/temp/long": "x/" * 1500,
    }  # fmt: skip
    hard = [one for one in found.values() if one.islnk()]
    assert len(hard) == 1
    assert {hard[0].name, hard[0].linkname} == {"spaces/temp/one", "spaces/temp/two"}
    assert len(tar) < 5000 * 2 + 20 * 1024


async def test_what_is_no_file_is_left_out_and_said(storage: RunningService, space: Space) -> None:
    os.mkfifo(top(space) / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"/proc/self/fd/{os.open(top(space), os.O_RDONLY)}/socket")
    expected = {"spaces/temp/pipe", "spaces/temp/socket"}
    if IS_ROOT:
        os.mknod(top(space) / "disk", 0o600 | stat.S_IFBLK, os.makedev(7, 0))
        expected.add("spaces/temp/disk")
    (top(space) / "file").write_text("data")
    tar = await asyncio.wait_for(archived(storage, space), 20)
    told = manifest(tar)
    assert {one["path"] for one in told["paths"]} == expected
    assert told["left_out"] == len(expected)
    assert set(members(tar)) == {"spaces/temp", "spaces/temp/file", "spaces/temp.json"}


@pytest.mark.parametrize(
    "parts",
    [
        [(0, b"begin"), (2**20, b"middle"), (2**40, b"")],
        [(2**33, b"end")],
        [(2**20, b"")],
        [(5 * 2**20 + 3, os.urandom(70_000)), (2**30, b"x")],
    ],
)
async def test_holes_stay_holes(
    storage: RunningService, space: Space, tmp_path: Path, parts: list[tuple[int, bytes]]
) -> None:
    file = top(space) / "sparse"
    with file.open("wb") as opened:
        for offset, data in parts:
            opened.truncate(offset)
            opened.seek(offset)
            opened.write(data)
    size = file.stat().st_size
    tar = await archived(storage, space)
    assert len(tar) < 300_000
    info = members(tar)["spaces/temp/sparse"]
    assert info.size == size
    unpack(tar, tmp_path)
    out = tmp_path / "spaces" / "temp" / "sparse"
    assert out.stat().st_size == size
    with out.open("rb") as opened:
        for offset, data in parts:
            opened.seek(offset)
            assert opened.read(len(data)) == data
    if size < 2**31:
        assert content(tar, "spaces/temp/sparse") == file.read_bytes()


def disturb(home: Path, turn: int) -> None:
    """Do one of the things that owners do to files, in turn."""
    name = home / f"file-{turn % 40}"
    deeds: list[Callable[[], object]] = [
        lambda: os.truncate(name, turn % 1000) if name.exists() else None,
        lambda: name.write_bytes(b"y" * 300_000),
        lambda: name.unlink(missing_ok=True),
        lambda: (home / f"new-{turn % 7}").mkdir(exist_ok=True),
        name.touch,
    ]
    deeds[turn % len(deeds)]()


async def test_a_file_that_changes_while_it_is_read_breaks_nothing(
    storage: RunningService, space: Space
) -> None:
    home, stop = top(space), threading.Event()
    for number in range(40):
        (home / f"file-{number}").write_bytes(os.urandom(200_000))

    def work() -> None:
        for turn in itertools.count():
            disturb(home, turn)
            if stop.is_set():
                break

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for _ in range(5):
            tar = await archived(storage, space)
            manifest(tar)
            with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
                for member in opened:
                    if member.isfile():
                        found = opened.extractfile(member)
                        assert found is not None
                        assert len(found.read()) == member.size
    finally:
        stop.set()
        worker.join()


async def test_swapping_directories_for_links_leads_nowhere(
    storage: RunningService, space: Space, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("not yours " * 100)
    home, stop = top(space), threading.Event()
    (home / "inner").mkdir()
    (home / "inner" / "secret").write_text("mine")

    def swap() -> None:
        while not stop.is_set():
            (home / "inner").rename(home / "away")
            (home / "inner").symlink_to(outside)
            (home / "inner").unlink()
            (home / "away").rename(home / "inner")

    worker = threading.Thread(target=swap)
    worker.start()
    try:
        for _ in range(60):
            assert b"not yours" not in await archived(storage, space)
    finally:
        stop.set()
        worker.join()


async def test_who_reads_slowly_holds_no_more_than_a_piece(
    storage: RunningService, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0
    real = tars._data

    def counted(*arguments: Any) -> Any:
        nonlocal read
        for piece in real(*arguments):
            read += len(piece)
            yield piece

    monkeypatch.setattr(tars, "_data", counted)
    (top(space) / "data").write_bytes(os.urandom(24 * MIB))
    pieces = client(storage).archive(space.id)
    await anext(pieces)
    await asyncio.sleep(0.5)
    waiting = read
    await asyncio.sleep(0.5)
    assert waiting == read < 16 * MIB, "the sockets' buffers are full, and nothing is read on"
    async with storage.program(READ, WRITE) as api:
        answer = await api.post(
            f"spaces/{space.id}", data={"quota_bytes": 33 * MIB, "quota_files": 2001}
        )
    assert answer.status_code == 200, "a slow reader locks nobody out"
    await pieces.aclose()


async def test_a_space_that_is_erased_meanwhile_is_no_whole_archive(
    storage: RunningService, space: Space
) -> None:
    for number in range(100):
        (top(space) / f"file-{number}").write_bytes(os.urandom(200_000))
    pieces = client(storage).archive(space.id)
    parts = [await anext(pieces)]
    async with storage.program(READ, WRITE) as api:
        erased = await api.post(f"spaces/{space.id}/erase")
    assert erased.status_code == 204

    async def rest() -> None:
        async for piece in pieces:
            parts.append(piece)  # noqa: PERF401 (what came before it broke off counts, too)

    with pytest.raises(Unavailable, match="broke off"):
        await rest()
    with pytest.raises((tarfile.ReadError, KeyError)):
        manifest(b"".join(parts))


def break_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk break after a while."""
    real, calls = os.pread, itertools.count()

    def failing(*arguments: Any) -> bytes:
        if next(calls) > 20:
            raise OSError(5, "Input/output error")
        return real(*arguments)

    monkeypatch.setattr(os, "pread", failing)


async def test_a_disk_that_breaks_is_no_whole_archive(
    storage: RunningService, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    (top(space) / "data").write_bytes(os.urandom(8 * MIB))
    break_disk(monkeypatch)
    with pytest.raises(Unavailable, match="broke off"):
        await archived(storage, space)


async def test_a_plain_reader_sees_that_it_was_broken_off(
    storage: RunningService, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever program reads it: the bytes of HTTP lack the end of the answer."""
    (top(space) / "data").write_bytes(os.urandom(8 * MIB))
    break_disk(monkeypatch)
    url = httpx.URL(f"{storage.url}api/spaces/{space.id}/archive")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    token = storage.hub.token("program", READ, kind="service")
    writer.write(
        f"GET {url.path} HTTP/1.1\r\nHost: x\r\nAuthorization: token {token}\r\n\r\n".encode()
    )
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert len(answer) > 20 * 2**18
    assert not answer.endswith(b"0\r\n\r\n")


async def test_an_archive_can_go_on(storage: RunningService, space: Space) -> None:
    (top(space) / "data").write_text("x")
    pieces = client(storage).archive(space.id, goes_on=True)
    part = b"".join([piece async for piece in pieces])
    whole = await archived(storage, space)
    assert whole.startswith(part[:1024])
    assert len(whole) == len(part) + 1024


async def test_only_so_many_are_read_at_once(storage: RunningService, space: Space) -> None:
    (top(space) / "data").write_bytes(os.urandom(24 * MIB))
    asked = client(storage)
    begun = [asked.archive(space.id) for _ in range(4)]
    for one in begun:
        await anext(one)
    with pytest.raises(Unavailable) as refused:
        await asked.save_archive(space.id, io.BytesIO())
    assert (refused.value.code, refused.value.status) == ("archives-busy", 503)
    for one in begun:
        await one.aclose()
    for _ in range(100):
        try:
            await asked.save_archive(space.id, io.BytesIO())
            break
        except Unavailable:
            await asyncio.sleep(0.1)
    else:
        pytest.fail("places of readers that are gone are not free again")


async def test_owners_read_their_own(storage: RunningService, space: Space) -> None:
    alice = client(storage, storage.hub.token("alice", f"{READ}!user=alice"))
    bob = client(storage, storage.hub.token("bob", f"{READ}!user=bob"))
    nobody = client(storage, storage.hub.token("carol", f"{WRITE}!user=carol"))
    assert await alice.save_archive(space.id, io.BytesIO()) > 0
    for asked, refusal in ((bob, NotFound), (nobody, Forbidden)):
        with pytest.raises(refusal):
            await asked.save_archive(space.id, io.BytesIO())
    with pytest.raises(AglaisError):
        await alice.save_archive("space-nothing", io.BytesIO())


def test_memory_and_files_stay_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the service: a deep tree, and one file with many holes."""
    deep = tmp_path / "deep"
    deep.mkdir()
    fd = os.open(deep, os.O_RDONLY)
    for _ in range(150):
        os.mkdir("d", dir_fd=fd)
        inner = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    resource.setrlimit(resource.RLIMIT_NOFILE, (before + tars.DEPTH + 20, hard))
    try:
        tar = SpaceTar(deep, "spaces/temp", {})
        whole = b"".join(tar)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert tar.tally.left_out == 1
    assert "deep" in tar.tally.paths[0]["why"]
    assert len(members(whole + tars.END_MARKS)) == tars.DEPTH + 1
    monkeypatch.setattr(tars, "EXTENTS", 10)
    holes = tmp_path / "holes"
    holes.mkdir()
    with (holes / "file").open("wb") as file:
        for number in range(40):
            file.seek(number * 65536)
            file.write(b"x")
    whole = b"".join(SpaceTar(holes, "spaces/temp", {})) + tars.END_MARKS
    assert content(whole, "spaces/temp/file") == (holes / "file").read_bytes()
    monkeypatch.setattr(tars, "LINKS", 0)
    (holes / "again").hardlink_to(holes / "file")
    whole = b"".join(SpaceTar(holes, "spaces/temp", {})) + tars.END_MARKS
    assert not any(one.islnk() for one in members(whole).values())
