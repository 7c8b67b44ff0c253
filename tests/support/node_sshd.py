"""A node of a cluster: a real sshd with users of its own, in a private view of the file system.

It reads the files that the service ships, at the places where they belong; the machine's own
``/etc`` stays as it is.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh
from tornado.testing import bind_unused_port

import aglais_accounts

SHIPPED = Path(aglais_accounts.__file__).parent / "node"
FIRST_UID = 61_000
"""Of the users that there are on the node only."""

CONFIG = """
Include /etc/ssh/aglais-sshd.conf
Port {port}
ListenAddress 127.0.0.1
HostKey /etc/ssh/host
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile none
LogLevel DEBUG1
"""

START = """
set -eu
for place in /run /usr/local/sbin /etc/ssh; do mount -t tmpfs -o mode=755 tmpfs "$place"; done
for file in passwd shadow group; do mount --bind {folder}/$file /etc/$file; done
mkdir -m 755 /run/sshd
install -m 755 {shipped}/aglais-authorized-keys /usr/local/sbin/
install -m 644 {shipped}/aglais-sshd.conf /etc/ssh/
install -m 640 -g aglais-keys {folder}/aglais-node.curl /etc/ssh/
install -m 600 {folder}/host /etc/ssh/
install -m 600 {folder}/sshd_config /etc/ssh/
exec /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config
"""


@dataclass
class Node:
    """A running node."""

    port: int
    log: Path

    async def log_in(self, login: str, key: asyncssh.SSHKey) -> str:
        """Log in with a key, and return what `id -un` says there.

        Raises
        ------
        asyncssh.PermissionDenied
            The node does not let in.
        """
        async with asyncssh.connect(
            "127.0.0.1", self.port, username=login, client_keys=[key], known_hosts=None,
            config=None, agent_path=None, preferred_auth=["publickey"],
        ) as connection:  # fmt: skip
            done = await connection.run("id -un", check=True)
            return str(done.stdout).strip()

    async def lets_in(self, login: str, key: asyncssh.SSHKey) -> bool:
        """Tell whether it lets somebody in, as who they say they are."""
        try:
            return await self.log_in(login, key) == login
        except asyncssh.PermissionDenied:
            return False


@asynccontextmanager
async def node(folder: Path, users: dict[str, bool], url: str, token: str) -> AsyncIterator[Node]:
    """Run one until the block ends.

    Parameters
    ----------
    users
        Names of the node's users besides the system's, and whether each is in the group of
        those who log in with their accounts.
    url, token
        What the node asks, and with what.
    """
    folder.mkdir()  # noqa: ASYNC240 (tests wait for it anyway)
    socket, port = bind_unused_port()
    socket.close()
    _write_users(folder, users)
    key = asyncssh.generate_private_key("ssh-ed25519")
    (folder / "host").write_bytes(key.export_private_key("openssh"))
    (folder / "sshd_config").write_text(CONFIG.format(port=port))
    # Plain HTTP, which a real node never speaks: the service of the tests is on loopback.
    told = [f'url = "{url}"', f'header = "Authorization: token {token}"', 'proto = "=http"']
    (folder / "aglais-node.curl").write_text("\n".join(told) + "\n")
    script = START.format(folder=shlex.quote(str(folder)), shipped=shlex.quote(str(SHIPPED)))
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            "unshare", "--mount", "--propagation", "private", "sh", "-c", script,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        await _until_it_listens(process, port, folder / "log")
        yield Node(port, folder / "log")
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
        await process.wait()


def _write_users(folder: Path, users: dict[str, bool]) -> None:
    """Write the node's users: the machine's own ones, and some besides."""
    lines = {name: Path(f"/etc/{name}").read_text() for name in ("passwd", "shadow", "group")}
    lines["passwd"] += f"aglais-keys:x:{FIRST_UID - 60_100}:{FIRST_UID}::/:/usr/sbin/nologin\n"
    lines["shadow"] += "aglais-keys:!*:19000::::::\n"
    members = ",".join(name for name, is_member in users.items() if is_member)
    lines["group"] += f"aglais-keys:x:{FIRST_UID}:\naglais:x:{FIRST_UID + 1}:{members}\n"
    for uid, name in enumerate(users, FIRST_UID + 2):
        if f"\n{name}:" in f"\n{lines['passwd']}":
            continue
        lines["passwd"] += f"{name}:x:{uid}:{uid}::/:/bin/sh\n"
        lines["shadow"] += f"{name}:*:19000:0:99999:7:::\n"
        lines["group"] += f"{name}:x:{uid}:\n"
    for name, text in lines.items():
        (folder / name).write_text(text)


async def _until_it_listens(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    for _ in range(200):
        if process.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    message = f"sshd does not listen: {log.read_text()}"  # noqa: ASYNC240
    raise RuntimeError(message)
