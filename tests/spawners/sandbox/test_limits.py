"""The package's limits, as the kernel keeps them."""

from __future__ import annotations

import asyncio

import pytest

from aglais_spawners.sandbox import Limits, Role
from tests.spawners.sandbox.box import Boxes, python, script

pytestmark = pytest.mark.sandbox

_SMALL = {"front": Limits(), "worker-1": Limits(cores=0.5, memory_bytes=64 << 20, pids=40)}
_EAT = "print('begin', flush=True); b = bytearray(200 << 20); print(len(b))"


async def test_memory_beyond_the_limit_is_not_given(limited: Boxes) -> None:
    eater = script("eat", f'python3 -c "{_EAT}"; echo $?; echo end', group="worker-1")
    record = await limited.start(eater, limits=_SMALL)
    assert await limited.said(record, "eat") == "begin\nKilled\n137\n"
    usage = limited.host.usage(record)
    assert usage["worker-1"].oom_kills == 1
    assert usage["front"].oom_kills == 0


async def test_a_worker_killed_for_memory_comes_back(limited: Boxes) -> None:
    worker = python("worker", _EAT, group="worker-1", restart=True)
    record = await limited.start(worker, limits=_SMALL)
    await asyncio.sleep(2.0)
    assert (record.layout.logs / "worker.log").read_text() == "begin\nbegin\n"
    assert limited.host.poll(record) is None


async def test_two_busy_threads_share_half_a_core(limited: Boxes) -> None:
    loop = "while :; do :; done & while :; do :; done"
    record = await limited.start(script("busy", loop, group="worker-1"), limits=_SMALL)
    before = limited.host.usage(record)["worker-1"].cpu_seconds
    await asyncio.sleep(2.0)
    used = limited.host.usage(record)["worker-1"].cpu_seconds - before
    assert 0.35 <= used / 2.0 <= 0.65


async def test_a_fork_bomb_stays_within_its_pids(limited: Boxes) -> None:
    bomb = "import os\nwhile True:\n try: os.fork()\n except OSError: pass"
    record = await limited.start(python("bomb", bomb, group="worker-1"), limits=_SMALL)
    await asyncio.sleep(0.5)
    assert 30 <= limited.host.usage(record)["worker-1"].pids <= 40
    await limited.host.stop(record, grace=0.1)


async def test_a_greedy_notebook_leaves_the_server_of_its_front_alone(limited: Boxes) -> None:
    limits = {
        "front": Limits(cores=1, memory_bytes=192 << 20, pids=200),
        "front/server": Limits(),
        "front/user": Limits(memory_bytes=64 << 20, pids=50),
    }
    record = await limited.start(
        script("eat", f'python3 -c "{_EAT}"; echo end', group="front/user"),
        script("server", "echo alive; echo end", who=Role.SERVER, group="front/server"),
        main=script("main", "exec sleep 600", who=Role.SERVER, group="front/server"),
        limits=limits,
    )
    assert "Killed" in await limited.said(record, "eat")
    assert limited.host.poll(record) is None
    assert limited.host.usage(record)["front/server"].oom_kills == 0
