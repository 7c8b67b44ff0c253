"""What is written for each version of control groups, and which version is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from aglais_spawners.sandbox import CgroupRefusedError, Limits, detect
from aglais_spawners.sandbox.cgroups.v1 import CgroupsV1
from aglais_spawners.sandbox.cgroups.v2 import CONTROLLERS, CgroupsV2

_LIMITS = Limits(cores=1.5, memory_bytes=64 << 20, pids=40)


def version_2(root: Path, controllers: str = "cpuset cpu io memory pids") -> CgroupsV2:
    """Files as version 2 has them, where only a kernel would add those of new groups."""
    (root / "cgroup.controllers").write_text(controllers)
    return CgroupsV2(dict.fromkeys(CONTROLLERS, root), "a folder")


def test_version_2_hands_its_controllers_down_to_the_groups(tmp_path: Path) -> None:
    version_2(tmp_path).create("abc-alice", {"init": Limits(), "worker-1": _LIMITS})
    session = tmp_path / "aglais/abc-alice"
    for folder in (tmp_path, tmp_path / "aglais", session):
        assert (folder / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
    assert not (session / "worker-1/cgroup.subtree_control").exists()
    assert {file.name: file.read_text() for file in (session / "worker-1").iterdir()} == {
        "cpu.max": "150000 100000",
        "memory.max": "67108864",
        "pids.max": "40",
    }
    assert list((session / "init").iterdir()) == []


def test_version_2_forbids_swap_where_it_is_counted(tmp_path: Path) -> None:
    group = tmp_path / "aglais/abc-alice/front"
    group.mkdir(parents=True)
    (group / "memory.swap.max").write_text("max")
    version_2(tmp_path).create("abc-alice", {"front": _LIMITS})
    assert (group / "memory.swap.max").read_text() == "0"


def test_version_1_writes_to_each_hierarchy(tmp_path: Path) -> None:
    mounts = {name: tmp_path / name for name in ("cpu", "memory", "pids", "cpuacct")}
    cgroups = CgroupsV1(mounts, "folders")
    cgroups.create("abc-alice", {"front": _LIMITS})
    written = {
        str(file.relative_to(tmp_path)).replace("aglais/abc-alice/front/", ""): file.read_text()
        for file in tmp_path.rglob("*")
        if file.is_file()
    }
    assert written == {
        "cpu/cpu.cfs_period_us": "100000",
        "cpu/cpu.cfs_quota_us": "150000",
        "memory/memory.limit_in_bytes": "67108864",
        "pids/pids.max": "40",
    }
    assert len(cgroups.process_files("abc-alice", "front")) == 4


def test_usage_leaves_out_the_file_cache(tmp_path: Path) -> None:
    group = tmp_path / "aglais/abc-alice/front"
    group.mkdir(parents=True)
    (group / "memory.current").write_text("5000\n")
    (group / "memory.stat").write_text("anon 3000\ninactive_file 1500\n")
    (group / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    (group / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
    (group / "pids.current").write_text("7\n")
    usage = version_2(tmp_path).usage("abc-alice", "front")
    assert (usage.memory_bytes, usage.cpu_seconds, usage.pids, usage.oom_kills) == (3500, 2.5, 7, 2)


def test_version_2_without_the_controllers_leaves_it_to_version_1(tmp_path: Path) -> None:
    version_2(tmp_path, "hugetlb")
    memory = tmp_path / "memory"
    memory.mkdir()
    cgroups = detect(
        mounts(tmp_path, f"c {tmp_path} cgroup2 rw 0 0", f"c {memory} cgroup rw,memory 0 0")
    )
    assert cgroups.kind == "v1"
    assert "without limits for cpu, pids" in cgroups.reason


def test_no_control_groups_say_why(tmp_path: Path) -> None:
    version_2(tmp_path, "hugetlb")
    cgroups = detect(mounts(tmp_path, f"c {tmp_path} cgroup2 rw 0 0"))
    assert cgroups.kind == "none"
    assert cgroups.reason == (
        "cgroup version 2 lacks cpu, memory, pids; cgroup version 1 is not mounted"
    )
    cgroups.create("abc-alice", {"front": _LIMITS})
    assert cgroups.process_files("abc-alice", "front") == []


def test_a_refusal_of_the_kernel_is_ours(tmp_path: Path) -> None:
    (tmp_path / "memory").write_text("a file where a hierarchy should be")
    with pytest.raises(CgroupRefusedError, match="refused the limits of abc-alice"):
        CgroupsV1({"memory": tmp_path / "memory"}, "").create("abc-alice", {"front": _LIMITS})


def mounts(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "mounts"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path
