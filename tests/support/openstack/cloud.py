"""The cloud: its services started, watched and ended, and who may log in to it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
from tornado.testing import bind_unused_port

from aglais_hub.platform.processes import end_with_parent
from tests.support.openstack.configuration import FILES, Layout, beginning
from tests.support.openstack.furniture import furnish
from tests.support.openstack.installation import HERE, installation
from tests.support.openstack.login import Api, Login
from tests.support.openstack.mariadb import MariaDb

__all__ = ["Cloud"]

START_SECONDS = 180
"""Of a service on a busy machine; usually it takes ten."""

WSGI = {"keystone": "keystone.wsgi.api", "glance": "glance.wsgi.api",
        "placement": "placement.wsgi.api"}  # fmt: skip


@dataclass
class Cloud:
    """A running OpenStack."""

    layout: Layout
    computes: int
    database: MariaDb
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def started(
        cls, services: Collection[str] = tuple(FILES), computes: int = 3
    ) -> Iterator[Cloud]:
        """Run one until the block ends."""
        folder = Path(tempfile.mkdtemp(prefix="aglais-openstack-"))
        try:
            # MariaDB cannot open a socket whose path is longer than 107 characters.
            begun = beginning()
            for name in ("data", "keys"):
                shutil.copytree(begun / name, folder / name)
            layout = Layout(folder, _free_ports(FILES))
            cloud = cls(layout, computes, MariaDb.start(folder / "data", folder, layout.sql()))
            try:
                cloud.start(services)
                furnish(cloud.api(), computes)
                yield cloud
            finally:
                cloud.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def login(self) -> Login:
        """How its administrator logs in."""
        return Login(self.layout.identity)

    def api(self, login: Login | None = None) -> Api:
        """Return what sends requests to the services, as the administrator by default."""
        return Api(self.endpoints, login or self.login)

    @property
    def endpoints(self) -> dict[str, str]:
        """Addresses of the services, by their names."""
        return {name: self.layout.url(name) for name in self.processes}

    def start(self, services: Collection[str]) -> None:
        """Start services at once, and wait until all answer."""
        for name in services:
            self._launch(name)
        for name in services:
            self._wait_until_up(name)

    def restart(self, service: str, *, grace: float = 0) -> None:
        """End a service, with SIGKILL when it is given no time, and start it again."""
        self.end(service, grace=grace)
        self.start([service])

    def end(self, service: str, *, grace: float = 0) -> None:
        """End a service."""
        process = self.processes.pop(service)
        if grace:
            process.terminate()
        try:
            process.wait(grace or 0.001)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)

    def enforce(self, settings: Mapping[str, str]) -> None:
        """Let Blazar ask others before it makes a lease; nobody, with no settings."""
        lines = [f"{key} = {value}" for key, value in settings.items()]
        self.layout.enforcement = "\n".join(lines)
        self.restart("blazar")

    def stop(self) -> None:
        """End all."""
        for name in [*self.processes]:
            self.end(name)
        self.database.stop()

    def log(self, service: str) -> Path:
        """Return the file that a service writes what it does to."""
        return self.layout.folder / f"{service}.log"

    def _launch(self, name: str) -> None:
        self.layout.write(name)
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.layout.folder), "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(HERE / "drivers"), "PYTHONDONTWRITEBYTECODE": "1",
            f"OS_{name.upper()}_CONFIG_DIR": str(self.layout.file(name).parent),
        }  # fmt: skip
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                # -P: a launcher is named as the package that it imports.
                [installation() / "bin/python", "-P", *self._command(name)],
                env=environment, cwd=self.layout.folder / name,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=partial(end_with_parent, os.getpid()),
            )  # fmt: skip

    def _command(self, name: str) -> list[str]:
        port, launchers = str(self.layout.ports[name]), HERE / "launchers"
        if name in WSGI:
            return [str(launchers / "wsgi.py"), WSGI[name], port]
        words = {"nova": [str(self.computes)], "magnum": [str(self.layout.file(name))]}
        return [str(launchers / f"{name}.py"), port, *words.get(name, ())]

    def _wait_until_up(self, name: str) -> None:
        process, end = self.processes[name], time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.layout.ports[name]}/", timeout=30)
            except httpx.HTTPError:
                pass
            else:
                return
            if process.poll() is not None or time.monotonic() > end:
                said = self.log(name).read_text()[-4000:]
                raise RuntimeError(f"{name} did not start: {said}")
            time.sleep(0.1)


def _free_ports(names: Collection[str]) -> dict[str, int]:
    """Return ports that are free now, all different ones."""
    bound = {name: bind_unused_port() for name in names}
    for socket, _ in bound.values():
        socket.close()
    return {name: port for name, (_, port) in bound.items()}
