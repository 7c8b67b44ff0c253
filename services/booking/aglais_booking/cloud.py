"""A cloud: logged in to as clouds.yaml says, and asked over plain REST."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from aglais_hub.config import ConfigurationError
from aglais_hub.errors import Unavailable

if TYPE_CHECKING:
    from keystoneauth1.session import Session
    from openstack.config.cloud_region import CloudRegion

__all__ = ["Cloud", "CloudAnswer", "CloudAwayError"]

T = TypeVar("T")

TIMEOUT = 60.0
"""Seconds that a cloud is given to answer; Blazar takes one for a lease, more when it is busy."""


class CloudAwayError(Unavailable):
    """The cloud did not answer, or does not let us in."""

    code = "cloud-away"


@dataclass(frozen=True)
class CloudAnswer:
    """A service's answer: its status, and the JSON in it."""

    status: int
    body: Any


@dataclass
class Cloud:
    """One cloud, as one user in one project; requests run on threads beside the event loop.

    Parameters
    ----------
    name
        Of the cloud in clouds.yaml.
    file
        The clouds.yaml; none: where OpenStack's own tools look for it.
    """

    name: str
    file: Path | None = None
    timeout: float = TIMEOUT
    _region: CloudRegion | None = None
    _session: Session | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    async def address(self, service: str) -> str | None:
        """Return what the catalog says of a kind of service, such as ``compute``."""
        return await self._ask(lambda session: self._endpoint(session, service))

    async def project(self) -> str:
        """Return the id of the project."""
        return str(await self._ask(lambda session: session.get_project_id()))

    async def roles(self) -> tuple[str, ...]:
        """Return the names of the roles that are held."""

        def held(session: Session) -> tuple[str, ...]:
            auth: Any = session.auth
            return tuple(auth.get_access(session).role_names)

        return await self._ask(held)

    async def request(
        self, method: str, url: str, body: Mapping[str, Any] | None = None
    ) -> CloudAnswer:
        """Send a request to a service; its answer is returned whatever it says.

        Raises
        ------
        CloudAwayError
            There was no answer.
        """

        def send(session: Session) -> CloudAnswer:
            answer = session.request(
                url, method, json=body, raise_exc=False, authenticated=True, timeout=self.timeout
            )
            is_json = "json" in answer.headers.get("Content-Type", "")
            # An answer without a body calls itself JSON too.
            said = answer.json() if is_json and answer.content else None
            return CloudAnswer(answer.status_code, said)

        return await self._ask(send)

    async def _ask(self, ask: Callable[[Session], T]) -> T:
        from keystoneauth1.exceptions import ClientException
        from requests.exceptions import RequestException

        try:
            return await asyncio.to_thread(lambda: ask(self._logged_in()))
        except (ClientException, RequestException) as failure:
            raise CloudAwayError(f"The cloud {self.name} does not answer: {failure}.") from failure

    def _endpoint(self, session: Session, service: str) -> str | None:
        region = self._region
        assert region is not None  # noqa: S101 (set with the session)
        auth: Any = session.auth
        found: str | None = auth.get_endpoint(
            session,
            service_type=service,
            interface=region.get_interface(service),
            region_name=region.get_region_name(service),
            skip_discovery=True,
        )
        return found

    def _logged_in(self) -> Session:
        with self._lock:
            if self._session is None:
                self._region = self._load()
                self._session = self._region.get_session()
            return self._session

    def check(self) -> None:
        """Look for the cloud in clouds.yaml, without asking it.

        Raises
        ------
        ConfigurationError
            It is not there, or the part that reads it is not installed.
        """
        try:
            self._load()
        except ImportError:
            raise ConfigurationError(
                "AGLAIS_BOOKING_CLOUD needs openstacksdk: pip install aglais-hub[openstack]."
            ) from None
        except Exception as problem:  # the SDK's own, which is no module until then
            raise ConfigurationError(f"AGLAIS_BOOKING_CLOUD: {problem}") from problem

    def _load(self) -> CloudRegion:
        from openstack.config import OpenStackConfig

        # It warns of what nobody asked for.
        warnings.filterwarnings("ignore", "Support for InfluxDB")
        files = [str(self.file)] if self.file else None
        # Of the environment only what is ours is read: a stray OS_... changes no cloud.
        config = OpenStackConfig(config_files=files, load_envvars=False)
        return config.get_one(cloud=self.name)
