"""The command line of a sandbox, as a pure function of its specification."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aglais_spawners.sandbox.etc import SHARED_ETC, etc_files
from aglais_spawners.sandbox.layout import INSIDE_CONTROL, INSIDE_INIT, INSIDE_LAUNCHER, Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aglais_spawners.sandbox.spec import SandboxSpec

__all__ = ["OOM_SCORE", "PROGRAMS", "Descriptors", "sandbox_arguments"]

PROGRAMS = ("bwrap", "choom", "prlimit", "setpriv")
"""From the Debian packages bubblewrap and util-linux."""

OOM_SCORE = 300
"""When the machine runs out of memory, a session dies before the hub (0); it cannot go below."""

_CAPABILITIES = ("SETUID", "SETGID", "SETPCAP", "KILL")
"""Change to the session's users, leave every other privilege behind, end what was started."""

_GIVEN = ("/dev", "/etc", "/proc", "/tmp", "/usr", "/var")  # noqa: S108
"""Folders that every sandbox has."""

_ENTER = (
    # hidepid: a notebook does not even see the server's command line. Kernels that cannot do it
    # for one mount still hide environment and memory of another uid.
    "mount -t proc -o remount,nosuid,nodev,noexec,hidepid=2 proc /proc 2>/dev/null; "
    'exec setpriv --bounding-set="$1" --inh-caps=-all -- '
    '/usr/bin/python3 -I "$2" "$3" "$4"'
)


@dataclass(frozen=True)
class Descriptors:
    """Numbers of the files handed down: the plan, bubblewrap's report, the system call filter."""

    plan: int
    info: int
    seccomp: int | None = None


def sandbox_arguments(spec: SandboxSpec, descriptors: Descriptors) -> list[str]:
    """Return the whole command line that starts ``spec``, to be run as root."""
    return [
        *("choom", "-n", str(OOM_SCORE), "--"),
        *("prlimit", "--core=0", f"--nofile={spec.open_files}", "--"),
        "bwrap",
        *_namespaces(spec, descriptors),
        *_system(spec),
        *_etc(spec),
        *_binds(spec),
        *("--remount-ro", "/", "--chdir", "/"),
        *("--", "/bin/sh", "-c", _ENTER, "sh"),
        ",".join(["-all", *(f"+{name.lower()}" for name in _CAPABILITIES)]),
        INSIDE_INIT,
        str(descriptors.plan),
        Layout(spec.directory).marker,
    ]


def _namespaces(spec: SandboxSpec, descriptors: Descriptors) -> Iterator[str]:
    """No user namespace: the session's users are users of the machine, and nobody's root."""
    yield from ("--unshare-ipc", "--unshare-net", "--unshare-pid", "--unshare-uts")
    yield from ("--hostname", spec.hostname, "--as-pid-1", "--clearenv", "--cap-drop", "ALL")
    for name in (*_CAPABILITIES, "SYS_ADMIN"):  # SYS_ADMIN for hidepid, gone before the init
        yield from ("--cap-add", f"CAP_{name}")
    yield from ("--info-fd", str(descriptors.info))
    if descriptors.seccomp is not None:
        yield from ("--seccomp", str(descriptors.seccomp))


def _system(spec: SandboxSpec) -> Iterator[str]:
    """Show the host's programs, and places to write that are new and bounded (hence the noqa)."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "lib", "lib64", "sbin"):
        yield from ("--symlink", f"usr/{name}", f"/{name}")
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from ("--perms", "1777", "--size", str(spec.shm_bytes), "--tmpfs", "/dev/shm")  # noqa: S108
    yield from ("--perms", "1777", "--size", str(spec.tmp_bytes), "--tmpfs", "/tmp")  # noqa: S108
    yield from ("--dir", "/var", "--symlink", "../tmp", "/var/tmp")  # noqa: S108


def _etc(spec: SandboxSpec) -> Iterator[str]:
    made = Layout(spec.directory).etc
    yield from (*_folder("/etc"), *_folder("/etc/ssl"))
    for name in etc_files(spec):
        yield from ("--ro-bind", str(made / name), f"/etc/{name}")
    for name in SHARED_ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")


def _binds(spec: SandboxSpec) -> Iterator[str]:
    """Shallow places first, so that none hides a deeper one."""
    layout = Layout(spec.directory)
    binds = [("--ro-bind", bind.source, bind.target) for bind in spec.read_only]
    binds += [("--bind", bind.source, bind.target) for bind in spec.read_write]
    binds.append(("--bind", layout.control, INSIDE_CONTROL))
    if spec.launcher:
        binds.append(("--bind", layout.launcher, INSIDE_LAUNCHER))
    binds.sort(key=lambda bind: Path(bind[2]).parts)
    for folder in _folders_for([target for _, _, target in binds]):
        yield from _folder(folder)
    for option, source, target in binds:
        yield from (option, str(source), target)


def _folders_for(targets: list[str]) -> list[str]:
    """Return the folders to make above ``targets``, but none that a bind brings with it."""
    above = {folder for target in targets for folder in Path(target).parents}
    bound = [Path(target) for target in (*targets, *_GIVEN)]
    made = {f for f in above if not any(f.is_relative_to(place) for place in bound)}
    return sorted(map(str, made - {Path("/")}))


def _folder(path: str) -> tuple[str, ...]:
    """Make a folder that everybody may enter; bubblewrap's own choice would be 0700."""
    return ("--perms", "0755", "--dir", path)
