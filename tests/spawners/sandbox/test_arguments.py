"""The command line and the plan, whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aglais_spawners.sandbox import (
    Bind,
    Command,
    Launcher,
    Limits,
    Role,
    SandboxSpec,
    SpecError,
    outbound,
)
from aglais_spawners.sandbox.arguments import Descriptors, sandbox_arguments
from aglais_spawners.sandbox.etc import SHARED_ETC, etc_files
from aglais_spawners.sandbox.inside import relay
from aglais_spawners.sandbox.plan import init_plan
from tests.spawners.sandbox.box import spec as small

_HOME = Path("/srv/aglais/sessions/alice")


def spec() -> SandboxSpec:
    return SandboxSpec(
        name="alice",
        directory=_HOME,
        server_uid=200_000,
        user_uid=200_001,
        main=Command(name="zeppelin", argv=("/opt/zeppelin/bin/start",), who=Role.SERVER),
        side=(outbound("/run/hub/hub.sock"),),
        launcher=Launcher(program="/opt/run", env={"PACKAGE": "tiny"}),
        limits={"front": Limits(cores=1.5, memory_bytes=1 << 30, pids=300)},
        read_only=(Bind(Path("/srv/zeppelin"), "/opt/zeppelin"),),
        read_write=(Bind(_HOME / "session", "/run/session", owner=200_000),),
    )


def test_the_command_line_says_all_that_a_sandbox_has() -> None:
    etc = [
        word
        for name in ("passwd", "group", "hosts", "hostname", "nsswitch.conf")
        for word in ("--ro-bind", f"{_HOME}/etc/{name}", f"/etc/{name}")
    ]
    shared = [
        word for name in SHARED_ETC for word in ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    ]
    expected = f"""
        choom -n 300 -- prlimit --core=0 --nofile=65536 -- bwrap
        --unshare-ipc --unshare-net --unshare-pid --unshare-uts
        --hostname aglais --as-pid-1 --clearenv --cap-drop ALL
        --cap-add CAP_SETUID --cap-add CAP_SETGID --cap-add CAP_SETPCAP --cap-add CAP_KILL
        --cap-add CAP_SYS_ADMIN --info-fd 8 --seccomp 9
        --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib
        --symlink usr/lib64 /lib64 --symlink usr/sbin /sbin --proc /proc --dev /dev
        --perms 1777 --size 268435456 --tmpfs /dev/shm --perms 1777 --size 1073741824 --tmpfs /tmp
        --dir /var --symlink ../tmp /var/tmp
        --perms 0755 --dir /etc --perms 0755 --dir /etc/ssl {" ".join(etc)} {" ".join(shared)}
        --perms 0755 --dir /opt --perms 0755 --dir /run
        --ro-bind /srv/zeppelin /opt/zeppelin --bind {_HOME}/control /run/aglais
        --bind {_HOME}/launcher /run/launcher --bind {_HOME}/session /run/session
        --remount-ro / --chdir / -- /bin/sh -c
    """.split()
    argv = sandbox_arguments(spec(), Descriptors(plan=7, info=8, seccomp=9))
    assert argv[: len(expected)] == expected
    assert argv[len(expected) + 1 :] == [
        "sh",
        "-all,+setuid,+setgid,+setpcap,+kill",
        "/run/aglais/init.pyz",
        "7",
        f"--sandbox={_HOME}",
    ]


def test_the_plan_says_all_that_runs() -> None:
    plan = json.loads(init_plan(spec(), groups={"init": [3], "front": [4, 5]}, ready_fd=6))
    assert plan == {
        "uids": {"server": 200_000, "user": 200_001},
        "groups": {"init": [3], "front": [4, 5]},
        "ready_fd": 6,
        "exit_code": "/run/aglais/exit",
        "logs": "/run/aglais/logs",
        "log_bytes": 2 << 20,
        "oom_score": 300,
        "grace_seconds": 10.0,
        "main": {
            "name": "zeppelin",
            "argv": ["/opt/zeppelin/bin/start"],
            "env": {"AGLAIS_LAUNCHER": "/run/launcher/launcher.sock"},
            "who": "server",
            "group": "front",
            "directory": "/",
            "restart": False,
            "listen_port": None,
        },
        "side": [
            {
                "name": "outbound",
                "argv": [
                    *("/usr/bin/python3", "-I", "-c", Path(relay.__file__).read_text()),
                    *("{listen}", "/run/hub/hub.sock", "64"),
                ],
                "env": {},
                "who": "server",
                "group": "front",
                "directory": "/",
                "restart": True,
                "listen_port": 8081,
            }
        ],
        "launcher": {
            "socket": "/run/launcher/launcher.sock",
            "program": "/opt/run",
            "env": {"PACKAGE": "tiny"},
            "group": "front",
            "directory": "/",
        },
    }


def test_etc_names_the_session_s_users_and_takes_more_files() -> None:
    files = etc_files(small(Path("/srv"), server_uid=5000, user_uid=5001, etc={"motd": "hello\n"}))
    assert "user:x:5001:5001::/tmp:/bin/sh\n" in files["passwd"]
    assert files["group"].splitlines()[1] == "server:x:5000:"
    assert files["motd"] == "hello\n"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "../x"}, "plain name"),
        ({"directory": Path("/srv/bob")}, "its directory the same"),
        ({"directory": Path("guest-1")}, "not absolute"),
        ({"etc": {"../shadow": ""}}, "no file of /etc"),
        ({"limits": {"init": Limits()}}, "no group can be called 'init'"),
        ({"limits": {"../x": Limits()}}, "no group can be called"),
        ({"limits": {"worker-1": Limits()}}, "'front', which has no limits"),
        ({"limits": {"front": Limits(), "front/user": Limits()}}, "it has groups below"),
        ({"user_uid": 0}, "1000 or more"),
        ({"user_uid": 5000, "server_uid": 5000}, "must differ"),
        ({"main": Command(name="main", argv=("x",), who=Role.USER)}, "runs as the server"),
        ({"side": (Command(name="main", argv=("x",)),)}, "each its own"),
        ({"launcher": Launcher(program="x", group="back")}, "launcher is to run in"),
    ],
)
def test_a_contradiction_is_named(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        small(Path("/srv"), **changes)
