"""The small /etc of a sandbox: what names its users, and a few things as the host has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aglais_spawners.sandbox.spec import SandboxSpec

__all__ = ["SHARED_ETC", "etc_files"]

SHARED_ETC = (
    "alternatives",
    "fonts",
    "java-11-openjdk",
    "java-17-openjdk",
    "java-21-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "os-release",
    "python3.11",
    "python3.12",
    "python3.13",
    "ssl/certs",
    "ssl/openssl.cnf",
)
"""Parts of the host's /etc that programs of a session need, none of them secret."""


def etc_files(spec: SandboxSpec) -> dict[str, str]:
    """Return name and text of each file made for the sandbox's /etc."""
    users = {"root": 0, "server": spec.server_uid, "user": spec.user_uid, "nobody": 65534}
    return {
        "passwd": "".join(f"{name}:x:{uid}:{uid}::/tmp:/bin/sh\n" for name, uid in users.items()),
        "group": "".join(f"{name}:x:{uid}:\n" for name, uid in users.items()),
        "hosts": f"127.0.0.1 localhost {spec.hostname}\n::1 localhost\n",
        "hostname": f"{spec.hostname}\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        **spec.etc,
    }
