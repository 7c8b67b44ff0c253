"""What can go wrong with a sandbox, one class each, with a sentence for the administrator."""

from __future__ import annotations

from aglais_hub.errors import OperatorError

__all__ = [
    "BubblewrapMissingError",
    "CgroupBusyError",
    "CgroupRefusedError",
    "NotRootError",
    "RemovalError",
    "SandboxError",
    "SandboxExistsError",
    "SandboxStartError",
    "SpecError",
    "StopError",
]


class SandboxError(OperatorError):
    """A sandbox could not be made, watched or ended."""

    code = "sandbox"


class SpecError(SandboxError):
    """The description of a sandbox contradicts itself."""

    code = "sandbox-spec"


class NotRootError(SandboxError):
    """Sandboxes need root, which alone can give each session users of its own."""

    code = "sandbox-not-root"


class BubblewrapMissingError(SandboxError):
    """A program that sandboxes are made with is not installed."""

    code = "sandbox-program-missing"


class CgroupRefusedError(SandboxError):
    """The kernel refused a control group or one of its limits."""

    code = "sandbox-cgroup-refused"


class CgroupBusyError(SandboxError):
    """A control group still holds processes that do not end."""

    code = "sandbox-cgroup-busy"


class SandboxExistsError(SandboxError):
    """A sandbox with this directory is already running."""

    code = "sandbox-exists"


class SandboxStartError(SandboxError):
    """The sandbox ended, or said nothing, before it was ready."""

    code = "sandbox-start"


class StopError(SandboxError):
    """A process of the sandbox survived SIGKILL, or cannot be seen to end."""

    code = "sandbox-stop"


class RemovalError(SandboxError):
    """A directory of a sandbox could not be removed."""

    code = "sandbox-removal"
