"""The spawner in the Hub: asks who may, what for and where, then starts a sandbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

from jupyterhub.spawner import Spawner, SpawnException
from jupyterhub.utils import maybe_future
from pydantic import ValidationError
from traitlets import Bool, Dict, Unicode

from aglais_hub.errors import AglaisError, Conflict, InvalidRequest, OperatorError
from aglais_hub.models.accounts import Account, AccountState, Level
from aglais_hub.models.booking import Admission, AdmissionRequest
from aglais_hub.models.storage import Space, SpaceKind, SpaceRequest
from aglais_hub.scopes import ADMINS
from aglais_hub.web.show import size
from aglais_spawners.embedded.names import session_name, sessions_folder
from aglais_spawners.embedded.platform import LocalPlatform, local_platform
from aglais_spawners.embedded.session import SessionPlan, sandbox_of, write_files, zeppelin_of
from aglais_spawners.embedded.shipped import Shipped
from aglais_spawners.embedded.sockets import (
    SOCKET_URL,
    SocketServer,
    check_length,
    socket_of,
    until_answered,
)
from aglais_spawners.embedded.steps import Steps
from aglais_spawners.sandbox import SandboxRecord

__all__ = ["AglaisLocalSpawner"]

CHOICES = ("booking", "package")
"""What somebody may ask for who starts a session."""

GONE = 0
"""What JupyterHub takes for: there is no such process."""

MOST_NOTEBOOK_FILES = 4
"""Files that one notebook may take: itself, its backup, its folder, a temporary one."""


class AccountLeavingError(Conflict):
    """Everything of the account is being erased; nothing new may begin."""

    code = "account-leaving"


class AglaisLocalSpawner(Spawner):
    """Starts Zeppelin and Spark in a sandbox of this machine, within the limits of a package."""

    home = Unicode(config=True, help="Folder of the platform's state")
    cache = Unicode(config=True, help="Folder of what is built once")
    ports = Dict(config=True, help="Loopback ports of the Hub and its services, by name")
    services_token = Unicode(config=True, help="Token for the API of the services")
    show_tests = Bool(False, config=True, help="Whether sessions see the test notebooks")

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.record: SandboxRecord | None = None
        self.admission_id: str | None = None
        self.is_guest = False
        self.steps = Steps()

    @property
    def platform(self) -> LocalPlatform:
        """What all sessions share."""
        ports = tuple(sorted(self.ports.items()))
        return local_platform(self.home, self.cache, ports, self.services_token)

    @property
    def folder(self) -> Path:
        """The session's own folder on this machine."""
        return sessions_folder(Path(self.home)) / session_name(self.user.name, self.name)

    @property
    def socket(self) -> Path:
        """Where the session's server answers."""
        return socket_of(self.folder)

    @property
    def server(self) -> Any:
        """The server, at its socket."""
        server = Spawner.server.fget(self)
        if server is not None and not isinstance(server, SocketServer):
            server = self._server = SocketServer(orm_server=server.orm_server, socket=self.socket)
        return server

    @server.setter
    def server(self, server: Any) -> None:
        Spawner.server.fset(self, server)

    def get_state(self) -> dict[str, Any]:
        """Return what a Hub that comes after this one must know."""
        state: dict[str, Any] = super().get_state()
        if self.record is not None:
            state["sandbox"] = self.record.to_json()
        return state | {"admission": self.admission_id, "is_guest": self.is_guest}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up a session that another Hub started."""
        super().load_state(state)
        if "sandbox" in state:
            self.record = SandboxRecord.from_json(state["sandbox"])
        self.admission_id = state.get("admission")
        self.is_guest = state.get("is_guest", False)

    def clear_state(self) -> None:
        """Forget the session."""
        super().clear_state()
        self.record, self.admission_id = None, None

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the steps of the start, in words."""
        async for step in self.steps.watch():
            yield step

    async def start(self) -> str:
        """Start the session; returns its address.

        Raises
        ------
        SpawnException
            It may not start, or did not; the message is for the user.
        """
        self.steps = Steps()
        try:
            return await self._start()
        except AglaisError as refused:
            self._publish("session.refused", code=refused.code)
            raise _refusal(refused.message, refused.code, refused.status) from refused
        except OperatorError as failed:
            self.log.exception("the session of %s did not start", self._log_name)
            message = "Your session could not be started here. The administrators can see why."
            raise _refusal(message, failed.code, 500) from failed
        finally:
            await self.steps.finish()

    async def _start(self) -> str:
        check_length(self.socket)
        await self.platform.open_gateway()
        await self.platform.sandboxes.end(self.folder)
        account = await self.platform.accounts.account(self.user.name)
        if account.state is AccountState.LEAVING:
            raise AccountLeavingError("This account is being erased. Come in again for a new one.")
        self.is_guest = account.level is Level.ANONYMOUS
        admission = await self._admit(account)
        await self.steps.say(25, "Making room for your data …")
        spaces = await self._spaces(account)
        await self.steps.say(45, "Closing the door of your sandbox behind you …")
        await asyncio.to_thread(self.platform.look_up_builds)
        plan = self._plan(account, admission, spaces)
        session = zeppelin_of(plan)
        await asyncio.to_thread(write_files, plan, session)
        self.record = await self.platform.sandboxes.start(sandbox_of(plan, session))
        await self.steps.say(60, "Starting Zeppelin and Spark (about ten seconds) …")
        await self._until_ready()
        self._publish("session.started", package=admission.package)
        return SOCKET_URL

    def _publish(self, event: str, **facts: str) -> None:
        self.platform.events.publish(event, account=self.user.name, server=self.name, **facts)

    def options_from_query(self, query_data: dict[str, list[str]]) -> dict[str, str]:
        """Return what a link such as ``/hub/spawn?opt-booking=ID`` asks for."""
        given = {name: query_data.get(name, [""])[-1].strip() for name in CHOICES}
        return {name: value for name, value in given.items() if value}

    def _choice(self) -> dict[str, str]:
        """Return which booking or package is asked for, this time.

        JupyterHub would ask for the same at each start from now on, when it is long over.
        """
        given = {name: self.user_options.get(name) for name in CHOICES}
        if self.orm_spawner is not None:
            self.orm_spawner.user_options = {}
        return {name: str(value) for name, value in given.items() if value}

    async def _admit(self, account: Account) -> Admission:
        choice = self._choice()
        wanted = choice.get("package") or "the largest that you have now"
        wanted = "that of your booking" if "booking" in choice else wanted
        await self.steps.say(5, f"Asking for a place: {wanted} …")
        try:
            request = AdmissionRequest(
                account=account.name,
                level=account.level,
                server=self.name,
                packages=account.limits.packages,
                session_count=account.limits.session_count,
                **choice,
            )
        except ValidationError as wrong:
            message = f"There is no such booking or package: {', '.join(choice.values())}."
            raise InvalidRequest(message) from wrong
        admission = await self.platform.booking.admit(request)
        self.admission_id = admission.id
        limits = admission.limits
        await self.steps.say(
            15,
            f"Package {admission.package}: {limits.frontend.cores:g} cores and "
            f"{limits.frontend.memory_gib:g} GiB for the notebook, "
            f"{limits.worker_count} worker(s) of {limits.worker.cores:g} cores and "
            f"{limits.worker.memory_gib:g} GiB for Spark.{_how_long(admission)}",
        )
        return admission

    async def _spaces(self, account: Account) -> dict[SpaceKind, Space]:
        limits = account.limits
        quotas = {
            SpaceKind.TEMP: (limits.temp_bytes, limits.temp_files),
            SpaceKind.NOTEBOOKS: (
                limits.notebook_bytes,
                limits.notebook_count * MOST_NOTEBOOK_FILES,
            ),
            SpaceKind.USER: (limits.user_bytes, limits.user_files),
        }
        return {
            kind: await self._space(
                SpaceRequest(account=account.name, kind=kind, quota_bytes=quota, quota_files=files)
            )
            for kind, (quota, files) in quotas.items()
            if quota and files
        }

    async def _space(self, request: SpaceRequest) -> Space:
        """Return a space with the quota of today, and say so where it keeps another one."""
        space = await self.platform.storage.ensure(request)
        asked = (request.quota_bytes, request.quota_files)
        has = (space.quota_bytes, space.quota_files)
        if has != asked:
            await self.steps.say(
                30,
                f"Your {request.kind} space stays at {size(has[0])} and {has[1]:,} files for now: "
                f"what is in it does not fit into {size(asked[0])} and {asked[1]:,} files, "
                "or it cannot be changed at the moment.",
            )
        return space

    def _plan(
        self, account: Account, admission: Admission, spaces: dict[SpaceKind, Space]
    ) -> SessionPlan:
        environment = self.get_env()
        return SessionPlan(
            account=account,
            admission=admission,
            spaces=spaces,
            folder=self.folder,
            runtime=self.platform.runtime,
            gateway=self.platform.gateway.path,
            shipped=Shipped(self.platform.content, self.show_tests),
            is_admin=any(group.name == ADMINS for group in self.user.groups),
            client_id=self.oauth_client_id,
            client_secret=environment["JUPYTERHUB_API_TOKEN"],
            prefix=environment["JUPYTERHUB_SERVICE_PREFIX"],
            hub_prefix=environment["JUPYTERHUB_BASE_URL"] + "hub/",
            server_url_path=self._api_path(),
            access_scopes=tuple(json.loads(environment["JUPYTERHUB_OAUTH_ACCESS_SCOPES"])),
        )

    def _api_path(self) -> str:
        named = f"servers/{self.name}" if self.name else "server"
        return f"users/{self.user.escaped_name}/{named}"

    async def _until_ready(self) -> None:
        record = self.record
        assert record is not None  # noqa: S101 (just started)
        sandboxes = self.platform.sandboxes
        answer = await until_answered(
            self.socket, self.server.base_url, lambda: sandboxes.poll(record) is None
        )
        if answer is None:
            self.log.error("%s ended at once; see %s", self._log_name, record.layout.logs)
            message = "Zeppelin ended while it was starting. The administrators can see why."
            raise _refusal(message, "session-ended", 500)

    async def poll(self) -> int | None:
        """Return none while the session runs, else how it ended."""
        if self.record is None:
            return GONE
        return self.platform.sandboxes.poll(self.record)

    async def stop(self, now: bool = False) -> None:
        """End the session's processes."""
        if self.record is not None:
            await self.platform.sandboxes.stop(self.record, grace=0 if now else 15)

    async def run_post_stop_hook(self) -> None:
        """Clear away what the session had, however it ended; JupyterHub always calls this."""
        await self.platform.sandboxes.end(self.folder)
        had_session = self.record is not None
        if had_session:
            self._publish("session.ended")
        if self.admission_id is not None:
            await self.platform.tell(self.platform.booking.release, self.admission_id)
        # A guest who was only refused may try again; one whose session is over is gone. Who has
        # become a member meanwhile stays: the accounts service knows.
        if self.is_guest and had_session:
            leave = partial(self.platform.accounts.leave, only_level=Level.ANONYMOUS)
            await self.platform.tell(leave, self.user.name, "the session ended")
        await maybe_future(super().run_post_stop_hook())


def _how_long(admission: Admission) -> str:
    """Say until when a session lasts, and on what."""
    words = " This is your booking." if admission.booking else ""
    if admission.until is not None:
        words += f" It ends on {admission.until:%Y-%m-%d at %H:%M} UTC."
    if admission.is_interruptible:
        words += " It is on spare capacity: it ends, after a warning, when a booking needs it."
    return words


def _refusal(message: str, code: str, status: int) -> SpawnException:
    """Return the Hub's kind of error; pages that come later find its words in it, too."""
    refusal = SpawnException(message, reason=code, status_code=status)
    refusal.jupyterhub_message = message
    return refusal
