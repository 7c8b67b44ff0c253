"""Things are built once, whole or not at all, and failures are told in a sentence."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from aglais_spawners.zeppelin.workshop import AssemblyError, Progress, Workshop, fingerprint

if TYPE_CHECKING:
    from pathlib import Path

SILENT = Progress(lambda message, done: None, "Doing it", 0.0, 1.0, 10)


def test_what_was_built_is_not_built_again(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    with shop.lock():
        first = shop.build("thing", lambda d: (d / "a").write_text("1") and None)
        again = shop.build("thing", lambda d: pytest.fail("built twice"))
    assert first == again == tmp_path / "thing"
    assert shop.find("thing") == first


def test_failed_build_leaves_nothing(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)

    def fails_half_way(draft: Path) -> None:
        (draft / "half").write_text("")
        raise AssemblyError("no")

    with shop.lock(), pytest.raises(AssemblyError):
        shop.build("thing", fails_half_way)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lock", "logs"]


def test_what_a_killed_builder_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".building-thing").mkdir()
    (tmp_path / ".building-thing" / "half").write_text("")
    with Workshop(tmp_path).lock():
        assert not list(tmp_path.glob(".building-*"))


def test_two_builders_wait_for_each_other(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with Workshop(tmp_path).lock():
            order.append("second")

    with Workshop(tmp_path).lock():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


def test_built_files_are_readable_by_all(tmp_path: Path) -> None:
    def private(draft: Path) -> None:
        (draft / "tool").touch(mode=0o700)
        (draft / "note").touch(mode=0o600)

    with Workshop(tmp_path).lock():
        built = Workshop(tmp_path).build("thing", private)
    modes = {p.name: p.stat().st_mode & 0o777 for p in built.iterdir()}
    assert modes == {"tool": 0o755, "note": 0o644}


def test_missing_tool_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssemblyError, match=r"mvn is missing\. Install Maven"):
        Workshop(tmp_path).run("x", ["mvn"], cwd=tmp_path, progress=SILENT)


def test_failed_tool_names_its_log(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    with shop.lock(), pytest.raises(AssemblyError, match=f"Read {tmp_path}/logs/try.log"):
        shop.run("try", ["sh", "-c", "echo why; exit 3"], cwd=tmp_path, progress=SILENT)
    assert (tmp_path / "logs" / "try.log").read_text() == "why\n"


def test_full_disk_is_told_before_it_is_full(tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match="No disk space: building needs"):
        Workshop(tmp_path).need_space(10**18)


def test_progress_never_runs_back_nor_past_its_stretch(tmp_path: Path) -> None:
    seen: list[float] = []
    progress = Progress(lambda message, done: seen.append(done), "Doing it", 0.2, 0.4, 10)
    shop = Workshop(tmp_path)
    with shop.lock():
        shop.run("try", ["seq", "50"], cwd=tmp_path, progress=progress)
    assert seen == sorted(seen)
    assert seen[0] == 0.2
    assert seen[-1] < 0.4


def test_fingerprint_sees_content_and_mode(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("one")
    before = fingerprint([("script", script)])
    script.write_text("two")
    changed = fingerprint([("script", script)])
    script.chmod(0o755)
    assert len({before, changed, fingerprint([("script", script)])}) == 3
