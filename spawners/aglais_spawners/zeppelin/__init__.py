"""Zeppelin as a session: what it is made of, and how one server of it is laid out."""

from .assembly import AssemblyError, Runtime, assemble
from .commands import Command, Role, commands, directories
from .conf import conf_files, door_file
from .interpreters import interpreter_environment
from .session import Door, NoteLimits, SessionPaths, ZeppelinSession

__all__ = [
    "AssemblyError",
    "Command",
    "Door",
    "NoteLimits",
    "Role",
    "Runtime",
    "SessionPaths",
    "ZeppelinSession",
    "assemble",
    "commands",
    "conf_files",
    "directories",
    "door_file",
    "interpreter_environment",
]
