"""A body that a request's model takes, made from its schema."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel

WORDS = (
    "nobody", "nobody@example.org", "2030-01-01T00:00:00Z", "Wm7-rvQ2 kesselfang ottoman",
    "http://127.0.0.1/next", "/next", "0" * 43,
)  # fmt: skip
"""Texts; the first that a field takes is used."""


def sample(model: type[BaseModel], **known: Any) -> dict[str, Any]:
    """Return a body with the fields that must be there.

    Parameters
    ----------
    known
        Values of fields by name, wherever a model has a field of that name that it must have.
    """
    schema = model.model_json_schema()
    body: dict[str, Any] = _value(schema, schema.get("$defs", {}), known)
    return body


def _value(schema: dict[str, Any], kinds: dict[str, Any], known: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(kinds[schema["$ref"].rpartition("/")[2]], kinds, known)
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], kinds, known)
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {
            name: known[name] if name in known else _value(schema["properties"][name], kinds, known)
            for name in schema.get("required", ())
        }
    if "default" in schema:
        return schema["default"]
    return _plain(schema, kinds, known)


def _plain(schema: dict[str, Any], kinds: dict[str, Any], known: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "boolean":
        return False
    if kind in {"integer", "number"}:
        return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
    if kind == "array":
        return [_value(schema["items"], kinds, known)] * schema.get("minItems", 0)
    if kind == "object":
        return {}
    return next(word for word in WORDS if _fits(word, schema))


def _fits(word: str, schema: dict[str, Any]) -> bool:
    if schema.get("format") == "email" and "@" not in word:
        return False
    if schema.get("format") == "date-time" and not word.startswith("2030"):
        return False
    length = schema.get("minLength", 0) <= len(word) <= schema.get("maxLength", 10**6)
    return length and re.search(schema.get("pattern", ""), word) is not None
