"""Prepares a session's directory and starts its sandbox."""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import subprocess
import time
import zipapp
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aglais_spawners.sandbox import inside
from aglais_spawners.sandbox.arguments import PROGRAMS, Descriptors, sandbox_arguments
from aglais_spawners.sandbox.errors import (
    BubblewrapMissingError,
    NotRootError,
    SandboxExistsError,
    SandboxStartError,
)
from aglais_spawners.sandbox.etc import etc_files
from aglais_spawners.sandbox.layout import Layout
from aglais_spawners.sandbox.plan import INIT_GROUP, init_plan
from aglais_spawners.sandbox.processes import Process, marked_processes
from aglais_spawners.sandbox.record import SandboxRecord
from aglais_spawners.sandbox.removal import remove_directory
from aglais_spawners.sandbox.seccomp import seccomp_filter
from aglais_spawners.sandbox.spec import Limits

if TYPE_CHECKING:
    from aglais_spawners.sandbox.cgroups import Cgroups
    from aglais_spawners.sandbox.spec import Bind, SandboxSpec

__all__ = ["check_host", "launch", "reap_monitors"]

_READY_SECONDS = 20.0
_MONITORS: set[subprocess.Popen[bytes]] = set()
"""bubblewrap's outer processes that are this process's children, kept to be waited for."""


def check_host() -> None:
    """Refuse a host on which no sandbox can start.

    Raises
    ------
    NotRootError, BubblewrapMissingError
        With what to do about it.
    """
    if os.geteuid() != 0:
        raise NotRootError("sandboxes need root, to give each session users of its own")
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        raise BubblewrapMissingError(
            f"{missing[0]} is missing; the Debian packages bubblewrap and util-linux have it"
        )


def launch(spec: SandboxSpec, cgroups: Cgroups) -> SandboxRecord:
    """Start a sandbox and return once its init has started the main command.

    What a failed start leaves behind is for the caller to remove.

    Raises
    ------
    SandboxError
        With what bubblewrap or the init said.
    """
    check_host()
    spec = _within_the_hub(spec)
    layout = Layout(spec.directory)
    if layout.marker in (mark for mark, _ in marked_processes(layout.marker)):
        raise SandboxExistsError(f"a sandbox is already running in {spec.directory}")
    _prepare(spec, layout)
    cgroups.remove(layout.group_name)
    cgroups.create(layout.group_name, {INIT_GROUP: Limits(), **spec.limits})
    with ExitStack() as stack:
        pid = _spawn(spec, layout, cgroups, stack)
    if (init := Process.find(pid)) is None:
        raise SandboxStartError(f"{spec.name} ended at once: {_last_words(layout)}")
    paths = {
        group: [str(file.parent) for file in cgroups.process_files(layout.group_name, group)]
        for group in spec.limits
    }
    return SandboxRecord(spec.name, str(spec.directory), init, cgroups.kind, paths)


def _within_the_hub(spec: SandboxSpec) -> SandboxSpec:
    """Lower what only a process with CAP_SYS_RESOURCE may raise; in containers root lacks it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return replace(spec, open_files=min(spec.open_files, most))


def _prepare(spec: SandboxSpec, layout: Layout) -> None:
    spec.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    for folder, mode, group in (
        (layout.control, 0o700, 0),
        (layout.etc, 0o755, 0),
        (layout.launcher, 0o750, spec.server_uid),
    ):
        remove_directory(folder)
        _folder(folder, mode, 0, group)
    _folder(layout.logs, 0o700, 0, 0)
    for name, text in etc_files(spec).items():
        (layout.etc / name).write_text(text, "utf-8")
        (layout.etc / name).chmod(0o644)
    for bind in spec.read_write:
        _give(bind)
    package = Path(inside.__file__).parent
    zipapp.create_archive(
        package.parent,
        layout.control / "init.pyz",
        main="inside.main:main",
        filter=lambda path: path.parts[0] == package.name and path.suffix == ".py",
    )


def _folder(path: Path, mode: int, owner: int, group: int) -> None:
    path.mkdir()
    os.chown(path, owner, group)
    path.chmod(mode)


def _give(bind: Bind) -> None:
    if bind.owner is None:
        return
    if bind.source.is_symlink():
        raise SandboxStartError(f"{bind.source} is a symbolic link, not a directory to give away")
    if not bind.source.exists():
        bind.source.parent.mkdir(parents=True, exist_ok=True)
        _folder(bind.source, 0o700, bind.owner, bind.owner)
    os.chown(bind.source, bind.owner, bind.owner, follow_symlinks=False)


def _spawn(spec: SandboxSpec, layout: Layout, cgroups: Cgroups, stack: ExitStack) -> int:
    groups = {
        group: [
            _kept(stack, os.open(file, os.O_WRONLY))
            for file in cgroups.process_files(layout.group_name, group)
        ]
        for group in (INIT_GROUP, *spec.limits)
    }
    info, info_end = _pipe(stack)
    ready, ready_end = _pipe(stack)
    plan = _in_memory(stack, init_plan(spec, groups=groups, ready_fd=ready_end))
    seccomp = seccomp_filter()
    seccomp_fd = None if seccomp is None else _in_memory(stack, seccomp)
    passed = [plan, info_end, ready_end, *(fd for fds in groups.values() for fd in fds)]
    with layout.start_log.open("wb") as log:
        monitor = subprocess.Popen(
            sandbox_arguments(spec, Descriptors(plan, info_end, seccomp_fd)),
            pass_fds=passed if seccomp_fd is None else [*passed, seccomp_fd],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    _MONITORS.add(monitor)
    for end in (info_end, ready_end):
        os.close(end)
    report = _read_until(info, b"}", spec, layout)
    _read_until(ready, b"\n", spec, layout)
    return int(json.loads(report)["child-pid"])


def _kept(stack: ExitStack, fd: int) -> int:
    stack.callback(os.close, fd)
    return fd


def _pipe(stack: ExitStack) -> tuple[int, int]:
    """Return a pipe; the caller closes its writing end."""
    reading, writing = os.pipe()
    return _kept(stack, reading), writing


def _in_memory(stack: ExitStack, content: bytes) -> int:
    """Return a descriptor to read ``content`` from; it never lies on a disk."""
    fd = _kept(stack, os.memfd_create("aglais"))
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _read_until(fd: int, end: bytes, spec: SandboxSpec, layout: Layout) -> bytes:
    deadline = time.monotonic() + _READY_SECONDS
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    text = b""
    while end not in text:
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise SandboxStartError(f"{spec.name} was not ready in {_READY_SECONDS:.0f} s")
        if not (more := os.read(fd, 4096)):
            raise SandboxStartError(f"{spec.name} did not start: {_last_words(layout)}")
        text += more
    return text


def _last_words(layout: Layout) -> str:
    lines = layout.start_log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def reap_monitors() -> None:
    """Wait for those that have ended, so that they do not stay zombies of the hub."""
    for monitor in [monitor for monitor in _MONITORS if monitor.poll() is not None]:
        _MONITORS.discard(monitor)
