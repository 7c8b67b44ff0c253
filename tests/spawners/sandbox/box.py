"""A real sandbox with scripts in it, for tests to look at."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aglais_spawners.sandbox import (
    Bind,
    Command,
    Limits,
    Role,
    SandboxHost,
    SandboxRecord,
    SandboxSpec,
)

PATIENCE_SECONDS = 10.0
_SIZES = itertools.count()


def spec(root: Path, name: str = "guest-1", **changes: Any) -> SandboxSpec:
    """A small sandbox whose main command does nothing until it is ended."""
    first = 300_000 + 4 * next(_SIZES)
    plain = SandboxSpec(
        name=name,
        directory=root / name,
        server_uid=first,
        user_uid=first + 1,
        main=Command(name="main", argv=("/bin/sleep", "600"), who=Role.SERVER),
        limits={"front": Limits(cores=1, memory_bytes=256 << 20, pids=100)},
        tmp_bytes=16 << 20,
        grace_seconds=1.0,
    )
    return replace(plain, **changes)


def script(name: str, text: str, **options: Any) -> Command:
    """A shell script as a command; the user's unless said otherwise."""
    return Command(name=name, argv=("/bin/sh", "-c", text), **options)


def python(name: str, text: str, **options: Any) -> Command:
    """A Python program as a command."""
    return Command(name=name, argv=("/usr/bin/python3", "-I", "-c", text), **options)


@dataclass
class Boxes:
    """Starts sandboxes below one root and ends them all."""

    root: Path
    host: SandboxHost = field(default_factory=SandboxHost)

    async def start(self, *side: Command, name: str = "guest-1", **changes: Any) -> SandboxRecord:
        """Start a sandbox with these side commands."""
        return await self.host.start(spec(self.root, name, side=side, **changes))

    async def said(self, record: SandboxRecord, command: str) -> str:
        """Wait until a command has printed ``end``; return all that it printed before."""
        log = record.layout.logs / f"{command}.log"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not _text(log).endswith("end\n"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return _text(log).removesuffix("end\n")

    async def asked(self, text: str, who: Role = Role.USER, **changes: Any) -> str:
        """Run one script in a sandbox of its own and return what it printed."""
        record = await self.start(script("probe", f"{text}\necho end", who=who), **changes)
        return await self.said(record, "probe")

    async def ended(self, record: SandboxRecord) -> int:
        """Wait for a sandbox's end and return its exit code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (code := self.host.poll(record)) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return code


def _text(log: Path) -> str:
    try:
        return log.read_text()
    except FileNotFoundError:  # not begun, or just being turned
        return ""


def visible(tmp_path: Path, name: str, text: str, target: str) -> Bind:
    """A file of the host's, bound into a sandbox for everybody to read."""
    path = tmp_path / name
    path.write_text(text)
    path.chmod(0o755)
    return Bind(path, target)


def can_make_sandboxes() -> bool:
    return os.geteuid() == 0 and shutil.which("bwrap") is not None
