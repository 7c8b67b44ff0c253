"""The launcher: the server has interpreters started as the user, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aglais_spawners.sandbox import LAUNCHER_SOCKET, Launcher, Role
from tests.spawners.sandbox.box import Boxes, script, visible

pytestmark = pytest.mark.sandbox

_PROGRAM = "/opt/interpreter.sh"
_ASK = f"/usr/bin/socat -t 30 - UNIX-CONNECT:{LAUNCHER_SOCKET}"


def asking(request: object) -> str:
    return f"printf '%s\\n' '{json.dumps(request)}' | {_ASK}"


async def launched(boxes: Boxes, tmp_path: Path, program: str, server: str, **more: Any) -> str:
    record = await boxes.start(
        script("server", f"{server}; echo end", who=Role.SERVER, env={"TOKEN": "SECRET"}),
        launcher=Launcher(program=_PROGRAM, env={"resources.package": "tiny"}, **more),
        read_only=(visible(tmp_path, "program", f"#!/bin/sh\n{program}", _PROGRAM),),
    )
    return await boxes.said(record, "server")


async def test_an_interpreter_runs_as_the_user_in_a_clean_environment(
    boxes: Boxes, tmp_path: Path
) -> None:
    said = await launched(
        boxes,
        tmp_path,
        'id -un; echo "$@"; tr "\\0" "\\n" < /proc/self/environ',
        asking({"argv": [_PROGRAM, "-p", "1"], "env": {"ZEPPELIN_PORT": "9"}}),
    )
    user, arguments, *environment = said.splitlines()
    assert (user, arguments) == ("user", "-p 1")
    assert {"ZEPPELIN_PORT=9", "resources.package=tiny"} <= set(environment)
    assert not [line for line in environment if "SECRET" in line or "LAUNCHER" in line]


@pytest.mark.parametrize(
    "request_",
    [{"argv": ["/bin/sh"]}, {"argv": []}, {"argv": [_PROGRAM], "env": {"a": 1}}, [], "x"],
)
async def test_anything_else_is_refused(boxes: Boxes, tmp_path: Path, request_: object) -> None:
    said = await launched(boxes, tmp_path, "echo ran", asking(request_))
    assert said.startswith("aglais: ")
    assert "ran" not in said


async def test_a_line_without_end_is_refused(boxes: Boxes, tmp_path: Path) -> None:
    said = await launched(boxes, tmp_path, "echo ran", f"head -c 3M /dev/zero | {_ASK}")
    assert "ran" not in said


async def test_closing_the_connection_ends_the_interpreter_and_its_children(
    boxes: Boxes, tmp_path: Path
) -> None:
    stay = f"{asking({'argv': [_PROGRAM, 'stay']})} &"
    up = "until [ -e /tmp/up ]; do sleep 0.05; done"
    look = asking({"argv": [_PROGRAM]})
    said = await launched(
        boxes,
        tmp_path,
        '[ "$1" ] && { touch /tmp/up; sleep 600 & sleep 600; }; echo $(cat /proc/[0-9]*/comm)',
        f"{stay} {up}; {look}; kill $!; sleep 0.3; {look}",
    )
    before, after = said.splitlines()
    assert before.count("sleep") == 2
    assert "sleep" not in after


async def test_output_of_any_size_arrives_whole_before_the_connection_closes(
    boxes: Boxes, tmp_path: Path
) -> None:
    said = await launched(
        boxes, tmp_path, "head -c 3000000 /dev/zero", f"{asking({'argv': [_PROGRAM]})} | wc -c"
    )
    assert said == "3000000\n"
