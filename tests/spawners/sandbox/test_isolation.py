"""What a notebook's code cannot see, reach or become."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from aglais_spawners.sandbox import LAUNCHER_SOCKET, Bind, Launcher, Role
from tests.spawners.sandbox.box import Boxes, python, script, visible

pytestmark = pytest.mark.sandbox


async def test_a_notebook_sees_its_own_processes_only(boxes: Boxes) -> None:
    said = await boxes.asked("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert "probe" not in said
    assert "sleep" not in said, "the server's command line is hidden as well"
    assert "init.pyz" not in said


async def test_the_server_s_environment_cannot_be_read_by_any_pid(boxes: Boxes) -> None:
    probe = (
        "for p in $(seq 1 40); do cat /proc/$p/environ /proc/$p/maps 2>&1; done | grep -c SECRET"
    )
    server = script("server", "echo end; exec sleep 600", who=Role.SERVER, env={"KEY": "SECRET-1"})
    record = await boxes.start(server, script("user", f"{probe}; echo end"))
    assert await boxes.said(record, "user") == "0\n"


async def test_files_of_the_server_are_closed_to_the_user(boxes: Boxes, tmp_path: Path) -> None:
    conf = Bind(tmp_path / "conf", "/run/session", owner=300_900)
    record = await boxes.start(
        script("server", "echo SECRET > /run/session/door; echo end", who=Role.SERVER),
        script("user", "sleep 0.2; cat /run/session/door; ls /run/session /run/aglais; echo end"),
        server_uid=300_900,
        user_uid=300_901,
        read_write=(conf,),
    )
    await boxes.said(record, "server")
    said = await boxes.said(record, "user")
    assert "SECRET" not in said
    assert said.count("Permission denied") == 3


async def test_the_user_cannot_reach_the_launcher(boxes: Boxes) -> None:
    connect = f"import socket; socket.socket(1).connect('{LAUNCHER_SOCKET}')"
    said = await boxes.asked(
        f'python3 -c "{connect}" 2>&1 | tail -1', launcher=Launcher(program="/bin/true")
    )
    assert said.startswith("PermissionError")


async def test_nothing_of_the_host_is_there(boxes: Boxes) -> None:
    said = await boxes.asked("ls /; ls /home /root /var/lib /sys /mnt 2>&1; ls /run /etc; ls /tmp")
    assert said.count("No such file") == 5
    assert {"hub", "shadow", "sudoers", "passwd-"}.isdisjoint(said.split())


async def test_other_sessions_are_out_of_reach(boxes: Boxes, tmp_path: Path) -> None:
    notes = Bind(tmp_path / "alice", "/notebooks/user", owner=300_910)
    alice = await boxes.start(
        script("write", "echo hers > /notebooks/user/note; echo hers > /tmp/note; echo end"),
        name="alice",
        read_write=(notes,),
        user_uid=300_910,
        server_uid=300_911,
    )
    await boxes.said(alice, "write")
    look = f"cat /notebooks/user/note /tmp/note {tmp_path}/alice/note 2>&1"
    assert "hers" not in await boxes.asked(look, name="bob")


async def test_the_only_network_is_the_sandbox_s_loopback(boxes: Boxes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        probe = f"""
import socket
print([name for _, name in socket.if_nameindex()])
for place in [("127.0.0.1", {port}), ("192.0.2.1", 80)]:
    try: socket.create_connection(place, 2)
    except OSError as error: print(error.strerror)
try: socket.socket(40)  # AF_VSOCK: past the namespace to a virtual machine's host
except OSError as error: print(error.strerror)
print("end")
"""
        record = await boxes.start(python("probe", probe))
        said = await boxes.said(record, "probe")
    assert said.splitlines() == [
        "['lo']",
        "Connection refused",
        "Network is unreachable",
        "Address family not supported by protocol",
    ]


async def test_abstract_sockets_of_the_host_are_out_of_reach(boxes: Boxes) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0aglais-test")
        listening.listen()
        connect = r"import socket; socket.socket(1).connect('\0aglais-test')"
        assert "refused" in await boxes.asked(f'python3 -c "{connect}" 2>&1 | tail -1')


async def test_privileges_are_gone_for_good(boxes: Boxes) -> None:
    said = await boxes.asked("grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups)' /proc/self/status; id -u")
    fields = dict(line.split(":\t") for line in said.splitlines() if ":" in line)
    assert {fields[name] for name in fields if name.startswith("Cap")} == {"0" * 16}
    assert (fields["NoNewPrivs"], fields["Seccomp"], fields["Groups"].strip()) == ("1", "2", "")


async def test_setuid_programs_give_nothing(boxes: Boxes, tmp_path: Path) -> None:
    shell = visible(tmp_path, "sh", "", "/opt/rootshell")
    shutil.copy("/usr/bin/id", shell.source)
    shell.source.chmod(0o4755)
    said = await boxes.asked("/opt/rootshell -u; id -u", read_only=(shell,))
    effective, own = said.split()
    assert effective == own


async def test_user_namespaces_are_closed(boxes: Boxes) -> None:
    said = await boxes.asked("unshare --user --map-root-user id 2>&1; bwrap --ro-bind / / id 2>&1")
    assert "uid=0" not in said
    assert said.count("not permitted") + said.count("No permissions") == 2


async def test_what_is_shipped_cannot_be_changed(boxes: Boxes, tmp_path: Path) -> None:
    shipped = visible(tmp_path, "note", "as shipped\n", "/notebooks/examples/note")
    said = await boxes.asked(
        "exec 2>&1; "
        "for p in /notebooks/examples/note /x /usr/x /etc/passwd /run/x; do echo x >> $p; done",
        read_only=(shipped,),
    )
    assert said.count("annot create") == 5
    assert shipped.source.read_text() == "as shipped\n"


async def test_tmp_is_bounded_and_the_session_s_own(boxes: Boxes) -> None:
    said = await boxes.asked("head -c 32M /dev/zero 2>&1 > /tmp/big; stat -c %s /tmp/big")
    assert int(said.split()[-1]) <= 16 << 20
    assert "No space left" in said


async def test_a_session_dies_before_the_hub_when_memory_runs_out(boxes: Boxes) -> None:
    assert int(await boxes.asked("cat /proc/self/oom_score_adj")) == 700
    server = await boxes.asked("cat /proc/self/oom_score_adj", Role.SERVER, name="guest-2")
    assert int(server) == 300
