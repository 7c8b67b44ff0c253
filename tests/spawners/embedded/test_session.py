"""From an admission to a sandbox, as values: nothing is started here."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountState, Level, LevelLimits
from aglais_hub.models.booking import Admission, Limits, Sharing, UnitLimits
from aglais_hub.models.storage import Space, SpaceKind, SpaceState
from aglais_spawners.content import Content
from aglais_spawners.embedded.names import session_name
from aglais_spawners.embedded.session import SessionPlan, sandbox_of, write_files, zeppelin_of
from aglais_spawners.embedded.shipped import Shipped
from aglais_spawners.embedded.sockets import SocketTooLongError, check_length
from aglais_spawners.zeppelin import Runtime

GIB = 2**30
SECRET = "0123456789abcdef"
USER, SERVER = 2_000_000, 2_000_001


def space(kind: SpaceKind, uid: int) -> Space:
    return Space(
        id=f"space-{kind}", account="alice", kind=kind, quota_bytes=GIB, quota_files=100,
        state=SpaceState.READY, owner_uid=uid, path=Path("/spaces") / kind,
        enforcement="filesystem", created_at=utcnow(),
    )  # fmt: skip


@pytest.fixture
def plan(tmp_path: Path) -> SessionPlan:
    limits = LevelLimits(
        level=Level.ANONYMOUS, notebook_count=20, notebook_bytes=2**24, temp_bytes=GIB,
        temp_files=100, user_bytes=0, user_files=0, lifetime_seconds=3600, idle_seconds=600,
        notebook_expires_seconds=None, temp_expires_seconds=None, user_expires_seconds=None,
        packages=None, bookable_packages=None, session_count=1,
    )  # fmt: skip
    package = Limits(
        frontend=UnitLimits(cores=1, memory_bytes=GIB * 3 // 2),
        worker=UnitLimits(cores=1, memory_bytes=GIB), worker_count=2, disk_bytes=GIB,
    )  # fmt: skip
    notes = tmp_path / "content" / "notebooks"
    for name in ("examples/tiny/Stars_2EXAMPLE1", "utils/Rows_2UTILITY1", "tests/tiny/T_2TEST1"):
        (notes / name).parent.mkdir(parents=True)
        (notes / f"{name}.zpln").touch()
    return SessionPlan(
        account=Account(
            name="alice", level=Level.ANONYMOUS, state=AccountState.ACTIVE, created_at=utcnow(),
            expires_at=None, limits=limits,
        ),
        admission=Admission(
            id="a", account="alice", level=Level.ANONYMOUS, server="", package="tiny",
            sharing=Sharing.SHARED, cluster="embedded", limits=package, admitted_at=utcnow(),
            until=None,
        ),
        spaces={
            SpaceKind.TEMP: space(SpaceKind.TEMP, USER),
            SpaceKind.NOTEBOOKS: space(SpaceKind.NOTEBOOKS, SERVER),
        },
        folder=tmp_path / "sessions" / "alice-1",
        runtime=Runtime(zeppelin=Path("/z"), python=Path("/p")),
        shipped=Shipped(Content(notes, Path("/lib"), Path("/data"))),
        gateway=Path("/home/run/hub/hub.sock"), is_admin=False, client_id="jupyterhub-user-alice",
        client_secret=SECRET, prefix="/user/alice/", hub_prefix="/hub/",
        server_url_path="users/alice/server", access_scopes=("access:servers!server=alice/",),
    )  # fmt: skip


def test_server_and_code_run_as_different_users_in_groups_of_their_own(plan: SessionPlan) -> None:
    spec = sandbox_of(plan, zeppelin_of(plan))
    assert (spec.server_uid, spec.user_uid) == (SERVER, USER)
    places = {command.name: (command.who.value, command.group) for command in spec.side}
    assert places == {
        "inbound": ("server", "front/server"),
        "outbound": ("server", "front/server"),
        "spark-master": ("user", "front/user"),
        "spark-worker-1": ("user", "worker-1"),
        "spark-worker-2": ("user", "worker-2"),
    }
    assert (spec.main.who.value, spec.main.group) == ("server", "front/server")


def test_the_limits_are_those_of_the_package(plan: SessionPlan) -> None:
    limits = sandbox_of(plan, zeppelin_of(plan)).limits
    assert (limits["front"].cores, limits["front"].memory_bytes) == (1, GIB * 3 // 2)
    for worker in ("worker-1", "worker-2"):
        assert (limits[worker].cores, limits[worker].memory_bytes) == (1, GIB)
    code = limits["front/user"].memory_bytes
    assert code is not None
    assert GIB < code < GIB * 3 // 2


def test_a_guest_sees_its_own_places_and_no_saved_data(plan: SessionPlan) -> None:
    spec = sandbox_of(plan, zeppelin_of(plan))
    writable = {bind.target for bind in spec.read_write}
    assert writable == {"/run/session", "/data/temp", "/notebooks/user"}
    shown = {bind.target for bind in spec.read_only}
    assert {"/notebooks/examples", "/notebooks/utils", "/data/examples"} <= shown
    assert "/notebooks/tests" not in shown
    assert zeppelin_of(plan).read_only_notes == ("2EXAMPLE1", "2UTILITY1")


def test_test_notebooks_are_shown_where_they_are_asked_for(plan: SessionPlan) -> None:
    shipped = replace(plan.shipped, show_tests=True)
    session = zeppelin_of(replace(plan, shipped=shipped))
    assert session.show_tests
    assert "2TEST1" in session.read_only_notes


def test_no_secret_is_in_a_command_or_an_environment(plan: SessionPlan) -> None:
    spec = sandbox_of(plan, zeppelin_of(plan))
    assert SECRET not in repr(spec)
    assert SECRET not in repr(plan)


@pytest.mark.sandbox
def test_the_secret_lies_in_a_file_of_the_server_alone(plan: SessionPlan) -> None:
    write_files(plan, zeppelin_of(plan))
    door = plan.folder / "session" / "door.properties"
    assert SECRET in door.read_text()
    assert (door.stat().st_uid, stat.S_IMODE(door.stat().st_mode)) == (SERVER, 0o600)
    top = plan.folder / "session"
    assert (top.stat().st_uid, stat.S_IMODE(top.stat().st_mode)) == (SERVER, 0o700)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a", "b"), ("ab", "")), (("a.b", ""), ("a-b", "")), (("a" * 60, ""), ("a" * 61, ""))],
)
def test_two_sessions_never_share_a_name(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert session_name(*one) != session_name(*other)


def test_a_session_name_is_plain_whatever_the_user_is_called() -> None:
    assert session_name("../../etc/Ünï@x", "").isascii()
    assert "/" not in session_name("../../etc", "")
    assert ".." not in session_name("../../etc", "")


def test_a_home_too_long_for_sockets_is_refused() -> None:
    with pytest.raises(SocketTooLongError, match="AGLAIS_HOME"):
        check_length(Path("/x" * 60))
