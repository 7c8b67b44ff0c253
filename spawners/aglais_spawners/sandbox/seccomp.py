"""A small system call filter: less of the kernel for a notebook to attack.

It closes user namespaces (inside which a session would be root over much of the kernel), keys,
bpf, perf, userfaultfd and io_uring, and all sockets but Unix, IPv4, IPv6 and netlink: vsock, for
one, reaches the host of a virtual machine past any network namespace.
"""

from __future__ import annotations

import errno
import platform
import struct
from dataclasses import dataclass

__all__ = ["seccomp_filter"]

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
"""Offsets into struct seccomp_data; both machines below are little-endian."""
_NEW_USER = 0x10000000
"""CLONE_NEWUSER of sched.h."""
_FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK."""
_IO_URING = (425, 426, 427)


@dataclass(frozen=True)
class _Machine:
    """System call numbers of one architecture, from its unistd.h."""

    audit_arch: int
    sockets: tuple[int, ...]
    namespaces: tuple[int, ...]
    closed: tuple[int, ...]
    clone3: int = 435


_MACHINES = {
    "x86_64": _Machine(0xC000003E, (41, 53), (56, 272), (248, 249, 250, 298, 321, 323, *_IO_URING)),
    "aarch64": _Machine(
        0xC00000B7, (198, 199), (97, 220), (217, 218, 219, 241, 280, 282, *_IO_URING)
    ),
}
_X32 = 0x40000000
"""Numbers from here on are the same calls by another name (x86-64 only)."""


def seccomp_filter(machine: str | None = None) -> bytes | None:
    """Return the filter as struct sock_filter[], or None for a machine without a table."""
    calls = _MACHINES.get(machine or platform.machine())
    if calls is None:
        return None
    program = [_step(_LOAD, _ARCH), _step(_EQUAL, calls.audit_arch, 1, 0), _refuse(errno.ENOSYS)]
    program += [_step(_LOAD, _NUMBER), _step(_AT_LEAST, _X32, 0, 1), _refuse(errno.ENOSYS)]
    # glibc falls back to clone(), whose flags a filter can read.
    program += _when(calls.clone3, [_refuse(errno.ENOSYS)])
    for number in calls.closed:
        program += _when(number, [_refuse(errno.EPERM)])
    for number in calls.namespaces:
        program += _when(number, _refuse_new_user())
    for number in calls.sockets:
        program += _when(number, _allow_families())
    return b"".join([*program, _step(_RETURN, _ALLOW)])


def _when(number: int, then: list[bytes]) -> list[bytes]:
    return [_step(_EQUAL, number, 0, len(then)), *then]


def _refuse_new_user() -> list[bytes]:
    return [
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(_ANY_BIT, _NEW_USER, 0, 1),
        _refuse(errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]


def _allow_families() -> list[bytes]:
    tests = [
        _step(_EQUAL, family, len(_FAMILIES) - index, 0) for index, family in enumerate(_FAMILIES)
    ]
    load = _step(_LOAD, _FIRST_ARGUMENT)
    return [load, *tests, _refuse(errno.EAFNOSUPPORT), _step(_RETURN, _ALLOW)]


def _refuse(number: int) -> bytes:
    return _step(_RETURN, _ERRNO | number)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
