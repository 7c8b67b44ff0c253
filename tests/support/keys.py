"""SSH keys as people have them, for tests; made once."""

from __future__ import annotations

from functools import cache

import asyncssh


def pair(algorithm: str = "ssh-ed25519", number: int = 0, **more: int) -> asyncssh.SSHKey:
    """Return a key pair; another number is another one."""
    return _made(algorithm, number, **more)


@cache
def _made(algorithm: str, number: int, **more: int) -> asyncssh.SSHKey:
    return asyncssh.generate_private_key(algorithm, comment=f"me@laptop-{number}", **more)


def public(algorithm: str = "ssh-ed25519", number: int = 0, **more: int) -> str:
    """Return the line of a .pub file."""
    return pair(algorithm, number, **more).export_public_key("openssh").decode().strip()


def private(algorithm: str = "ssh-ed25519", style: str = "openssh", **more: int) -> str:
    """Return the file that nobody should paste."""
    return pair(algorithm, **more).export_private_key(style).decode()
