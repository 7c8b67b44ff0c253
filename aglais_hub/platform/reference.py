"""Prints the reference of settings and scopes from the code: ``python -m`` this ``settings``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from aglais_hub.hub import installed_services, service_environment
from aglais_hub.platform.settings import SETTINGS, Platform
from aglais_hub.scopes import roles
from aglais_hub.service import Service

__all__ = ["scopes_table", "settings_page"]

HEAD = """# Settings

Settings are environment variables of `aglais up` (and so of `make run`). One that nobody reads,
or a value that cannot be, stops the start with one line that names it.

"""

WORDS = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    SecretStr: "text, secret",
    Path: "path",
}
SIGNS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def settings_page() -> str:
    """Return the page about all settings, as Markdown."""
    given = [(f"`{name}`", *told) for name, told in SETTINGS.items()]
    parts = [HEAD, "## The platform\n\n", _table(("variable", "type", "default", "is"), given)]
    for service in installed_services():
        parts += [f"\n## The service {service.name}\n\n{service.summary}.\n\n"]
        parts += [_table(("variable", "type", "default", "is"), _settings(service))]
    return "".join(parts)


def _settings(service: Service) -> Iterator[tuple[str, ...]]:
    somewhere = Platform(home=Path(".aglais"), cache=Path("cache"), port=8000)
    given = service_environment(service, somewhere)
    for variable, name in service.config.variables().items():
        field = service.config.model_fields[name]
        default = "given by the platform" if variable in given else _default(field)
        yield f"`{variable}`", _type(field), default, field.description or ""


def _type(field: FieldInfo) -> str:
    words = _words(field.annotation)
    bounds = [
        f"{sign} {value:,}"
        for limit in field.metadata
        for name, sign in SIGNS.items()
        if (value := getattr(limit, name, None)) is not None
    ]
    return ", ".join([words, *bounds])


def _words(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(annotation))
    inner = [kind for kind in get_args(annotation) if kind in WORDS]
    if get_origin(annotation) is dict:
        return "JSON"
    if get_origin(annotation) is tuple:
        return "numbers, separated by commas"
    return WORDS[inner[0] if inner else annotation]


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "what this machine has"
    if field.default is PydanticUndefined:
        return "must be given"
    if isinstance(field.default, tuple):
        return f"`{', '.join(map(str, field.default))}`"
    return "none" if field.default is None else f"`{field.default}`"


def scopes_table() -> str:
    """Return who may do what over REST, as Markdown."""
    services = installed_services()
    held = {scope for role in roles(services) if role["name"] == "user" for scope in role["scopes"]}
    rows = (
        (f"`{spec.scope}`", f"`{method.upper()} /services/{service.name}/{route.path}`",
         spec.summary, _held(spec.scope, held))
        for service in services
        for route in service.routes
        for method, spec in route.operations.items()
    )  # fmt: skip
    return _table(("scope", "request", "does", "everybody holds it"), sorted(rows))


def _held(scope: str, held: Iterable[str]) -> str:
    if scope in held:
        return "yes"
    return "for their own" if f"{scope}!user" in held else "no"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


PAGES = {"settings": settings_page, "scopes": scopes_table}

if __name__ == "__main__":
    sys.stdout.write(PAGES[sys.argv[1]]())
