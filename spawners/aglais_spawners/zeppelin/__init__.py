"""Zeppelin as a session: what it is made of, and how one server of it is laid out."""

from .assembly import AssemblyError, Runtime, assemble

__all__ = ["AssemblyError", "Runtime", "assemble"]
