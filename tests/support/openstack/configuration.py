"""Configuration files of the services, and the database that they begin with."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from uuid import NAMESPACE_DNS, uuid5

from tests.support.openstack.installation import HERE, fingerprint, installation, kept
from tests.support.openstack.mariadb import MariaDb, make_data

__all__ = ["FILES", "PASSWORD", "REGION", "USER", "Layout", "beginning"]

USER, PASSWORD = "admin", "openstack-in-tests"
REGION = "RegionOne"
FILES = {
    "keystone": "keystone.conf", "glance": "glance-api.conf", "placement": "placement.conf",
    "nova": "nova.conf", "blazar": "blazar.conf", "magnum": "magnum.conf",
}  # fmt: skip
SHIPPED = {
    "glance": ["glance/glance-api-paste.ini"], "nova": ["nova/api-paste.ini"],
    "magnum": ["magnum/api-paste.ini"],
}  # fmt: skip
"""Files that a service brings along and reads beside its configuration."""

TYPES = {
    "keystone": ("identity", "/v3"), "glance": ("image", ""), "placement": ("placement", ""),
    "nova": ("compute", "/v2.1"), "blazar": ("reservation", "/v1"),
    "magnum": ("container-infra", "/v1"),
}  # fmt: skip
"""Types and paths in the catalog; Blazar's /v2, which clients would find, cannot list leases."""

DATABASES = (
    "keystone",
    "glance",
    "placement",
    "nova_api",
    "nova_cell0",
    "nova",
    "blazar",
    "magnum",
)

WHO, GROUP = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    ("keystone-manage", "keystone", "db_sync"),
    ("keystone-manage", "keystone", "fernet_setup",
     "--keystone-user", WHO, "--keystone-group", GROUP),
    ("keystone-manage", "keystone", "bootstrap", "--bootstrap-username", USER,
     "--bootstrap-password", PASSWORD, "--bootstrap-region-id", REGION,
     "--bootstrap-public-url", "http://127.0.0.1/v3"),
    ("glance-manage", "glance", "db_sync"),
    ("placement-manage", "placement", "db", "sync"),
    ("nova-manage", "nova", "api_db", "sync"),
    ("nova-manage", "nova", "cell_v2", "map_cell0"),
    ("nova-manage", "nova", "cell_v2", "create_cell", "--name=cell1"),
    ("nova-manage", "nova", "db", "sync"),
    ("blazar-db-manage", "blazar", "upgrade", "head"),
    ("magnum-db-manage", "magnum", "upgrade"),
)  # fmt: skip

SERVICE = Template(
    "INSERT INTO keystone.service (id, type, enabled, extra) "
    "SELECT '$key', '$kind', 1, '{\"name\": \"$service\"}' FROM DUAL "
    "WHERE NOT EXISTS (SELECT 1 FROM keystone.service WHERE type = '$kind');"
)
ENDPOINT = Template(
    "INSERT INTO keystone.endpoint (id, interface, service_id, url, extra, enabled, region_id) "
    "SELECT '$key', '$interface', id, '$url', '{}', 1, '$region' FROM keystone.service "
    "WHERE type = '$kind';"
)
CELL = Template(
    "UPDATE nova_api.cell_mappings SET database_connection = "
    "'mysql+pymysql://root@localhost/$database?unix_socket=$socket&charset=utf8' "
    "WHERE name = '$cell';"
)


@dataclass
class Layout:
    """Where a cloud lies, and on which ports."""

    folder: Path
    ports: Mapping[str, int]
    enforcement: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Address of Keystone."""
        return self.url("keystone")

    def url(self, service: str) -> str:
        """Return what the catalog says of a service."""
        return f"http://127.0.0.1:{self.ports[service]}{TYPES[service][1]}"

    def file(self, service: str) -> Path:
        """Return a service's configuration file."""
        return self.folder / "etc" / service / FILES[service]

    def write(self, service: str) -> None:
        """Write a service's configuration."""
        state, file = self.folder / service, self.file(service)
        for folder in (state, file.parent, *(state / name for name in ("images", "staging"))):
            folder.mkdir(parents=True, exist_ok=True)
        values = {
            "database": service, "socket": self.folder / "mariadb.sock", "state": state,
            "identity": self.identity, "identity_port": self.ports["keystone"],
            "image": self.url("glance"), "keys": self.folder / "keys",
            "user": USER, "password": PASSWORD, "enforcement": self.enforcement,
        }  # fmt: skip
        own, common = (HERE / "config" / name for name in (FILES[service], "common.conf"))
        file.write_text(_merged(common.read_text(), own.read_text(), values))
        for shipped in SHIPPED.get(service, ()):
            shutil.copy(installation() / "etc" / shipped, file.parent)

    def sql(self) -> str:
        """Return the statements that put this cloud's addresses into the databases."""
        lines = ["DELETE FROM keystone.endpoint;"]
        for service, (kind, _) in TYPES.items():
            named = {"kind": kind, "service": service, "key": uuid5(NAMESPACE_DNS, kind).hex}
            lines.append(SERVICE.substitute(named))
            for interface in ("public", "internal", "admin"):
                key = uuid5(NAMESPACE_DNS, f"{kind}.{interface}").hex
                named |= {"interface": interface, "key": key, "url": self.url(service)}
                lines.append(ENDPOINT.substitute(named, region=REGION))
        for cell, database in (("cell0", "nova_cell0"), ("cell1", "nova")):
            socket = self.folder / "mariadb.sock"
            lines.append(CELL.substitute(cell=cell, database=database, socket=socket))
        return "\n".join(lines) + "\n"


def _merged(common: str, own: str, values: Mapping[str, object]) -> str:
    """Join two files: oslo.config reads a section that comes twice as one."""
    return Template(f"{common}\n{own}").substitute(values)


def beginning() -> Path:
    """Return a folder with ``data`` and ``keys``: migrated, and with one administrator."""
    pins = (HERE / "requirements.txt").read_text()
    config = [path.read_text() for path in sorted((HERE / "config").iterdir())]
    own = [Path(__file__).read_text(), (HERE / "mariadb.py").read_text()]
    return kept(f"openstack-databases-{fingerprint(pins, *config, *own)}", _make_beginning)


def _make_beginning(folder: Path) -> None:
    layout = Layout(folder, dict.fromkeys(FILES, 9))
    make_data(folder / "data")
    (folder / "keys").mkdir(mode=0o700)
    created = [f"CREATE DATABASE {name} CHARACTER SET utf8mb3;" for name in DATABASES]
    server = MariaDb.start(folder / "data", folder, "\n".join(created) + "\n")
    try:
        for service in FILES:
            layout.write(service)
        for program, service, *words in MIGRATIONS:
            _manage(layout, program, service, words)
    finally:
        server.stop()


def _manage(layout: Layout, program: str, service: str, words: list[str]) -> None:
    venv = installation()
    config = ["--config-file", str(layout.file(service))]
    command = [venv / "bin/python", venv / "bin" / program, *config, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout)[-3000:]
        raise RuntimeError(f"{program} {' '.join(words)} failed: {said}")
