"""
What notebooks share with the platform: what they need, where data is, what they found.

The first paragraph of a notebook calls `begin`, the last one `result`. Both print one line that a
program can find and read, whoever runs the notebook and however:

    [version] {"api": 1, "package": "small", "session": "tiny"}
    [result] {"passed": true, "checks": {"rows": true}, "values": {"rows": 200000}}

What follows the marker is JSON. The number after "api" grows when the meaning of the lines changes.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

__all__ = [
    "API_VERSION",
    "PACKAGES",
    "begin",
    "check",
    "examples",
    "my_space",
    "require",
    "resource",
    "result",
]

API_VERSION = 1
"""Version of the marker lines."""

PACKAGES = ("tiny", "small", "medium", "large")
"""Packages in ascending order. Others, such as custom, are judged by their cores and memory."""

_checks: dict[str, bool] = {}
_values: dict[str, object] = {}


def resource(name: str, default: str = "") -> str:
    """Return a fact of this session, such as "package" or "worker.cores", from the environment."""
    plain = "RESOURCES_" + name.upper().replace(".", "_")
    return os.environ.get(f"resources.{name}") or os.environ.get(plain) or default


def begin(
    package: str, *, worker_cores: float | None = None, worker_memory: float | None = None
) -> None:
    """Start a notebook: print the version marker, then check that the session is large enough."""
    _checks.clear()
    _values.clear()
    facts = {"api": API_VERSION, "package": package, "session": resource("package") or None}
    print("[version]", json.dumps(facts))
    require(package, worker_cores=worker_cores, worker_memory=worker_memory)


def require(
    package: str, *, worker_cores: float | None = None, worker_memory: float | None = None
) -> bool:
    """
    Say whether the session is large enough, and warn if it is not.

    Parameters
    ----------
    package
        One of PACKAGES.
    worker_cores, worker_memory
        What all Spark workers together must have: cores, GiB. None: the package's name decides.

    Returns
    -------
    bool
        Whether it is; True as well where there is no package to compare with.
    """
    needed = PACKAGES.index(package)
    mine = resource("package")
    enough = _has("cores", worker_cores) and _has("memory", worker_memory)
    if mine in PACKAGES:
        enough = enough and PACKAGES.index(mine) >= needed
    if not enough:
        print("WARN - Not enough resources available")
        print(f"This notebook requires a {package} package")
    return enough


def _has(quota: str, needed: float | None) -> bool:
    """Compare what all workers together have; a session that does not say has enough."""
    each = resource(f"worker.{quota}")
    if needed is None or not each:
        return True
    return float(each) * int(resource("worker.count", "1")) >= needed


def examples(name: str) -> str:
    """Return the path of a shipped data set, such as "stars" in /data/examples."""
    return str(Path(os.environ.get("AGLAIS_EXAMPLES_DATA") or "/data/examples") / name)


def my_space() -> Path:
    """Return a folder that notebooks may write to: my user space, else the session's temp space."""
    for folder in ("/data/user", "/data/temp"):
        if os.access(folder, os.W_OK):
            return Path(folder)
    return Path(tempfile.gettempdir())


def check(
    name: str,
    value: float,
    *,
    equal: float | None = None,
    least: float | None = None,
    most: float | None = None,
) -> None:
    """Compare a number with what it should be, say so, and keep both for `result`."""
    holds = (
        (equal is None or value == equal)
        and (least is None or value >= least)
        and (most is None or value <= most)
    )
    _checks[name] = bool(holds)
    _values[name] = _plain(value)
    print(
        f"{'ok    ' if holds else 'WRONG '} {name} = {_said(value)}{_expected(equal, least, most)}"
    )


def _expected(equal: float | None, least: float | None, most: float | None) -> str:
    bounds = (("", equal), ("at least ", least), ("at most ", most))
    said = [word + _said(bound) for word, bound in bounds if bound is not None]
    return f"  (expected {', '.join(said)})" if said else ""


def _said(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def result(**values: object) -> None:
    """End a notebook: print the result marker with all checks, their values and these values."""
    everything = _values | {name: _plain(value) for name, value in values.items()}
    passed = all(_checks.values())
    print("[result]", json.dumps({"passed": passed, "checks": _checks, "values": everything}))


def _plain(value: object) -> object:
    """Turn a number of numpy's into one that JSON knows."""
    item = getattr(value, "item", None)
    return item() if callable(item) else value
