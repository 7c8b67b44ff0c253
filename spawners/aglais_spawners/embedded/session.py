"""From an admitted account to a sandbox: its files, its binds, its processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aglais_hub.models.accounts import Account
from aglais_hub.models.booking import Admission
from aglais_hub.models.booking import Limits as PackageLimits
from aglais_hub.models.storage import Space, SpaceKind
from aglais_spawners import sandbox, zeppelin
from aglais_spawners.embedded.shipped import Shipped
from aglais_spawners.sandbox import Bind, Limits, Role, SandboxSpec
from aglais_spawners.zeppelin import Runtime, ZeppelinSession

__all__ = ["SessionPlan", "sandbox_of", "write_files", "zeppelin_of"]

MIB = 2**20

RUN = "/run/session"
"""The notebook server's own folder, as the sandbox sees it."""

SERVER_MEMORY = 448 * MIB
"""Kept from the notebook's code, so that its greed never ends the server it is shown by."""

PIDS = {"server": 512, "user": 1024, "worker": 512}
"""Processes and threads; the JVMs of a session take about 300 in all."""

HUB_PORT = 8081
"""Port of the sandbox's loopback that leads to the Hub's API."""

IDLE_SECONDS, MAX_SECONDS = 12 * 3600, 7 * 24 * 3600
"""Of a login at the notebook server, for levels that set no bounds."""


@dataclass(frozen=True, kw_only=True)
class SessionPlan:
    """All that is known of a session before it starts."""

    account: Account
    admission: Admission
    spaces: Mapping[SpaceKind, Space]
    folder: Path
    runtime: Runtime
    shipped: Shipped
    gateway: Path
    is_admin: bool
    client_id: str
    client_secret: str = field(repr=False)
    prefix: str
    hub_prefix: str
    server_url_path: str
    """Of the server in the Hub's API, such as ``users/alice/server``."""
    access_scopes: tuple[str, ...]

    @property
    def user_uid(self) -> int:
        """As whom the notebook's code runs."""
        return self.spaces[SpaceKind.TEMP].owner_uid

    @property
    def server_uid(self) -> int:
        """As whom the notebook server runs, which knows secrets."""
        return self.spaces[SpaceKind.NOTEBOOKS].owner_uid


def zeppelin_of(plan: SessionPlan) -> ZeppelinSession:
    """Return what Zeppelin is to be for this session."""
    limits = plan.account.limits
    hub = f"http://127.0.0.1:{HUB_PORT}{plan.hub_prefix}"
    return ZeppelinSession(
        owner=plan.account.name,
        prefix=plan.prefix,
        level=int(plan.account.level),
        package=plan.admission.package,
        limits=plan.admission.limits,
        door=zeppelin.Door(
            client_id=plan.client_id,
            client_secret=plan.client_secret,
            authorize_path=f"{plan.hub_prefix}api/oauth2/authorize",
            token_url=f"{hub}api/oauth2/token",
            user_url=f"{hub}api/user",
            redirect_path=f"{plan.prefix}oauth_callback",
            access_scopes=plan.access_scopes,
            logout_path=f"{plan.hub_prefix}logout",
            end_url=f"{hub}api/{plan.server_url_path}",
            # Limits are those of accounts, which outlive sessions but for guests.
            idle_seconds=min(limits.idle_seconds or IDLE_SECONDS, IDLE_SECONDS),
            max_seconds=min(limits.lifetime_seconds or MAX_SECONDS, MAX_SECONDS),
        ),
        notes=zeppelin.NoteLimits(limits.notebook_count, limits.notebook_bytes),
        is_admin=plan.is_admin,
        show_tests=plan.shipped.show_tests,
        read_only_notes=plan.shipped.note_ids,
        paths=zeppelin.SessionPaths(run=RUN, spark_local="/data/temp/.spark"),
        launcher=sandbox.LAUNCHER_SOCKET,
    )


def sandbox_of(plan: SessionPlan, session: ZeppelinSession) -> SandboxSpec:
    """Return the sandbox of a session."""
    server, *others = (_command(command, plan.shipped) for command in zeppelin.commands(session))
    return SandboxSpec(
        name=plan.folder.name,
        directory=plan.folder,
        server_uid=plan.server_uid,
        user_uid=plan.user_uid,
        main=server,
        side=(
            sandbox.inbound(f"{RUN}/http.sock", port=session.port, group="front/server"),
            sandbox.outbound(
                f"{sandbox.HUB_DIRECTORY}/hub.sock", port=HUB_PORT, group="front/server"
            ),
            *others,
        ),
        launcher=sandbox.Launcher(
            program=f"{session.paths.zeppelin}/bin/interpreter-process.sh",
            env=zeppelin.interpreter_environment(session) | plan.shipped.environment,
            group="front/user",
        ),
        limits=dict(_groups(plan.admission.limits)),
        read_only=tuple(_read_only(plan, session)),
        read_write=tuple(_read_write(plan)),
    )


def _command(command: zeppelin.Command, shipped: Shipped) -> sandbox.Command:
    is_server = command.role is zeppelin.Role.SERVER
    inside = "front/server" if is_server else "front/user"
    return sandbox.Command(
        name=command.name,
        argv=command.argv,
        env=command.env if is_server else command.env | shipped.environment,
        who=Role.SERVER if is_server else Role.USER,
        group=inside if command.unit == "front" else command.unit,
        restart=not is_server,
    )


def _groups(limits: PackageLimits) -> Iterator[tuple[str, Limits]]:
    front, worker = limits.frontend, limits.worker
    yield "front", Limits(cores=front.cores, memory_bytes=front.memory_bytes)
    yield "front/server", Limits(pids=PIDS["server"])
    code = max(front.memory_bytes - SERVER_MEMORY, front.memory_bytes // 2)
    yield "front/user", Limits(memory_bytes=code, pids=PIDS["user"])
    for number in range(1, limits.worker_count + 1):
        yield (
            f"worker-{number}",
            Limits(cores=worker.cores, memory_bytes=worker.memory_bytes, pids=PIDS["worker"]),
        )


def _read_only(plan: SessionPlan, session: ZeppelinSession) -> Iterator[Bind]:
    yield Bind(plan.runtime.zeppelin, session.paths.zeppelin)
    yield Bind(plan.runtime.python, session.paths.python)
    yield sandbox.hub_bind(plan.gateway)
    for target, source in plan.shipped.binds.items():
        yield Bind(source, target)


def _read_write(plan: SessionPlan) -> Iterator[Bind]:
    yield Bind(plan.folder / "session", RUN, plan.server_uid)
    places = {
        SpaceKind.TEMP: "/data/temp",
        SpaceKind.USER: "/data/user",
        SpaceKind.NOTEBOOKS: "/notebooks/user",
    }
    for kind, space in plan.spaces.items():
        assert space.path is not None  # noqa: S101 (storage answers when a space is ready)
        yield Bind(space.path, places[kind])


def write_files(plan: SessionPlan, session: ZeppelinSession) -> None:
    """Write the server's own folder; nobody but its user may read what is in it."""
    root = plan.folder / "session"
    files = {f"conf/{name}": text for name, text in zeppelin.conf_files(session).items()}
    files["door.properties"] = zeppelin.door_file(session)
    folders = [Path(path).relative_to(RUN) for path in zeppelin.directories(session)]
    for folder in (Path(), *folders):
        (root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chown(root / folder, plan.server_uid, plan.server_uid)
    for name, text in files.items():
        path = root / name
        path.unlink(missing_ok=True)
        with open(path, "x", encoding="utf-8", opener=_private) as file:
            file.write(text)
        os.chown(path, plan.server_uid, plan.server_uid)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
