"""Start, end, crash, and the sweep after it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import aglais_spawners
from aglais_spawners.sandbox import (
    LOST,
    Bind,
    Cgroups,
    Command,
    NotRootError,
    Role,
    SandboxError,
    SandboxExistsError,
    SandboxHost,
    SandboxRecord,
    SandboxStartError,
)
from aglais_spawners.sandbox.cgroups import NoCgroups
from aglais_spawners.sandbox.processes import Process, marked_processes
from tests.spawners.sandbox.box import Boxes, script, spec

_real = pytest.mark.sandbox


def left_of(record: SandboxRecord, cgroups: Cgroups) -> tuple[int, set[str], bool]:
    layout = record.layout
    return (
        len(marked_processes(layout.marker)),
        cgroups.sessions(layout.group_name),
        layout.directory.exists(),
    )


@_real
@pytest.mark.parametrize(("text", "code"), [("exit 7", 7), ("exit 0", 0), ("kill -9 $$", 137)])
async def test_a_sandbox_ends_as_its_main_command_does(boxes: Boxes, text: str, code: int) -> None:
    record = await boxes.start(
        script("side", "sleep 600"), main=script("main", text, who=Role.SERVER)
    )
    assert await boxes.ended(record) == code
    assert boxes.host.poll(record) == code


@_real
async def test_stopping_lets_the_session_finish_its_work(boxes: Boxes, tmp_path: Path) -> None:
    work = Bind(tmp_path / "work", "/work", owner=310_000)
    text = "trap 'echo saved > /work/note; exit 0' TERM; sleep 600 & echo end; wait"
    record = await boxes.start(
        main=script("main", text, who=Role.SERVER),
        read_write=(work,),
        server_uid=310_000,
        user_uid=310_001,
    )
    await boxes.said(record, "main")
    await boxes.host.stop(record, keep_directory=True)
    assert boxes.host.poll(record) == 0
    assert (work.source / "note").read_text() == "saved\n"
    assert left_of(record, boxes.host.cgroups) == (0, set(), True)


@_real
async def test_who_ignores_the_request_to_end_is_killed(boxes: Boxes) -> None:
    stubborn = "trap '' TERM; echo end; while :; do sleep 600; done"
    record = await boxes.start(
        script("side", stubborn, who=Role.USER), main=script("main", stubborn, who=Role.SERVER)
    )
    await boxes.said(record, "main")
    async with asyncio.timeout(4.0):
        await boxes.host.stop(record)
    assert left_of(record, boxes.host.cgroups) == (0, set(), False)


@_real
async def test_a_record_survives_as_json(boxes: Boxes) -> None:
    record = await boxes.start()
    again = SandboxRecord.from_json(json.loads(json.dumps(record.to_json())))
    assert again == record
    await SandboxHost().stop(again)
    assert boxes.host.poll(again) == LOST, "its exit code went with its directory"


@_real
async def test_another_process_of_the_same_pid_is_not_taken_for_the_session(boxes: Boxes) -> None:
    with subprocess.Popen(["sleep", "600"]) as stranger:  # noqa: ASYNC220
        found = Process.find(stranger.pid)
        assert found
        gone = Process(found.pid, found.started - 1, found.boot)
        earlier = Process(found.pid, found.started, "another-boot")
        for init in (gone, earlier):
            record = SandboxRecord("x", str(boxes.root / "x"), init, "none", {})
            assert boxes.host.poll(record) == LOST
            await boxes.host.stop(record)
        assert stranger.poll() is None
        stranger.kill()


@_real
async def test_a_session_outlives_a_killed_hub_and_is_stopped_by_its_record(boxes: Boxes) -> None:
    program = f"""
import asyncio, json, sys, time
from pathlib import Path
from aglais_spawners.sandbox import SandboxHost
from tests.spawners.sandbox.box import spec
record = asyncio.run(SandboxHost().start(spec(Path({str(boxes.root)!r}))))
print(json.dumps(record.to_json()), flush=True)
time.sleep(600)
"""
    paths = [str(Path(__file__).parents[3]), str(Path(aglais_spawners.__file__).parents[1])]
    with subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": ":".join(paths)},
    ) as hub:
        assert hub.stdout
        record = SandboxRecord.from_json(json.loads(hub.stdout.readline()))
        hub.kill()
    assert boxes.host.poll(record) is None
    await boxes.host.stop(record)
    assert boxes.host.poll(record) is not None
    assert left_of(record, boxes.host.cgroups) == (0, set(), False)


@_real
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"main": Command(name="main", argv=("/no/such",), who=Role.SERVER)}, "/no/such"),
        ({"read_only": (Bind(Path("/no/source"), "/opt/x"),)}, "/no/source"),
    ],
)
async def test_a_start_that_fails_says_why_and_leaves_nothing_running(
    boxes: Boxes, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(SandboxStartError, match=sentence):
        await boxes.start(**changes)  # type: ignore[arg-type]
    assert marked_processes(f"--sandbox={boxes.root}") == []
    assert boxes.host.cgroups.sessions(spec(boxes.root).directory.name) == set()


@_real
async def test_a_cancelled_start_leaves_nothing_running(boxes: Boxes) -> None:
    starting = asyncio.create_task(boxes.start())
    await asyncio.sleep(0.03)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert marked_processes(f"--sandbox={boxes.root}") == []


@_real
async def test_a_running_sandbox_is_not_started_twice(boxes: Boxes) -> None:
    record = await boxes.start()
    with pytest.raises(SandboxExistsError):
        await boxes.start()
    assert boxes.host.poll(record) is None


@_real
async def test_a_sweep_ends_what_is_not_kept_and_can_be_run_again(boxes: Boxes) -> None:
    kept, lost = await boxes.start(name="kept"), await boxes.start(name="lost")
    (boxes.root / "refuse").mkdir()
    assert await boxes.host.sweep(boxes.root, {"kept"}) == {"lost", "refuse"}
    assert left_of(lost, boxes.host.cgroups) == (0, set(), False)
    assert boxes.host.poll(kept) is None
    assert await boxes.host.sweep(boxes.root, {"kept"}) == set()


@_real
async def test_a_sweep_finds_what_lost_its_directory_or_its_process(boxes: Boxes) -> None:
    homeless, headless = await boxes.start(name="homeless"), await boxes.start(name="headless")
    Path(homeless.directory).rename(boxes.root.parent / "elsewhere")  # noqa: ASYNC240
    headless.init.signal(signal.SIGKILL)
    await boxes.host.sweep(boxes.root, set())
    for record in (homeless, headless):
        assert left_of(record, boxes.host.cgroups) == (0, set(), False)


@_real
async def test_a_sweep_that_fails_half_way_is_finished_by_the_next(boxes: Boxes) -> None:
    record = await boxes.start()

    class RefusesOnce(NoCgroups):
        def remove(self, session: str, *, patience: float = 5.0) -> None:
            raise SandboxError("not now")

    with pytest.raises(SandboxError, match="guest-1: not now"):
        await SandboxHost(RefusesOnce("")).sweep(boxes.root, set())
    assert await boxes.host.sweep(boxes.root, set()) == {"guest-1"}
    assert left_of(record, boxes.host.cgroups) == (0, set(), False)


@_real
async def test_without_control_groups_a_sandbox_still_runs_and_ends(boxes: Boxes) -> None:
    host = SandboxHost(NoCgroups("a test"))
    record = await host.start(spec(boxes.root, main=script("main", "exit 3", who=Role.SERVER)))
    assert await boxes.ended(record) == 3
    assert host.usage(record) == {}
    await host.stop(record)


@_real
async def test_a_log_never_outgrows_its_bound(boxes: Boxes) -> None:
    flood = script("flood", "yes | head -c 4000000; echo last; echo end")
    record = await boxes.start(flood, log_bytes=100_000)
    await boxes.said(record, "flood")
    sizes = [file.stat().st_size for file in record.layout.logs.glob("flood.log*")]
    assert sum(sizes) <= 100_000
    assert (record.layout.logs / "flood.log").read_text().endswith("last\nend\n")


async def test_who_is_not_root_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    host = SandboxHost(NoCgroups("a test"))
    with pytest.raises(NotRootError, match="need root"):
        await host.sweep(tmp_path, set())
