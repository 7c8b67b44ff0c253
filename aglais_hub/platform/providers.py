"""The file of OAuth providers: read, and checked by whoever opens them."""

from __future__ import annotations

import json
import stat
import tomllib
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from aglais_hub.config import ConfigurationError

__all__ = ["ProviderTable", "provider_titles", "read_providers"]

ProviderTable = dict[str, dict[str, Any]]
"""What is said of each provider, by its name."""


def read_providers(path: Path) -> ProviderTable:
    """Return what a JSON or TOML file says of providers.

    Paths in it count from the folder of the file.

    Raises
    ------
    ConfigurationError
        It cannot be read, is no such file, or everybody can read the secrets in it.
    """
    try:
        mode, text = path.stat().st_mode, path.read_text()
    except (OSError, ValueError) as failed:
        raise _wrong(path, f"cannot be read ({type(failed).__name__})") from None
    table = _parsed(path, text)
    for name, given in table.items():
        if not isinstance(given, dict):
            raise _wrong(path, f"{name} is not a table of settings")
        if "client_secret" in given and mode & stat.S_IRWXO:
            raise _wrong(path, f"holds secrets, and everybody can read it; chmod 600 {path}")
        if "client_secret_file" in given:
            file = path.absolute().parent / str(given["client_secret_file"])
            given["client_secret_file"] = str(file)
    return table


def _parsed(path: Path, text: str) -> ProviderTable:
    try:
        table = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except ValueError as wrong:
        # Where it is wrong; what stands there may be a secret.
        kind, line = "TOML" if path.suffix == ".toml" else "JSON", getattr(wrong, "lineno", None)
        where = f" (line {line})" if line else ""
        raise _wrong(path, f"is not {kind}{where}") from None
    if not isinstance(table, dict):
        raise _wrong(path, "is not a table of providers by name")
    return table


def provider_titles(table: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return what people call the providers, by name, after all that is said of them is checked.

    Raises
    ------
    ConfigurationError
        Something said of a provider is not known or cannot be; by name.
    """
    if not table:
        return {}
    # The common ground knows none of its users; whoever opens providers says so by this entry.
    (entry,) = entry_points(group="aglais.providers")
    titles: dict[str, str] = entry.load()(table)
    return titles


def _wrong(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError(f"AGLAIS_PROVIDERS: {path} {what}.")
