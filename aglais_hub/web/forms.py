"""Bodies of requests to models, and models to the fields of a form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, TypeGuard, TypeVar, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, ValidationError
from pydantic.fields import FieldInfo

from aglais_hub.errors import InvalidRequest
from aglais_hub.models import Model
from aglais_hub.web.show import (
    exact_size,
    label,
    none_words,
    parse_size,
    parse_span,
    shown,
    span,
)

__all__ = ["FormField", "choices", "form_fields", "parse_body", "problems_of"]

M = TypeVar("M", bound=Model)

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
OWN_WORDS = "Value error, "
"""What pydantic puts before the sentences of our own validators."""

CONTROLS = {"_xsrf", "_version", "_key"}
"""Fields that every form has for its own ends."""

NONE = "unbounded"
"""What a form says for None where leaving a field empty means: not given."""


class WrongMediaType(InvalidRequest):
    """The body is neither a form nor JSON."""

    code = "unsupported-media-type"
    status = 415


def parse_body(
    model: type[M], content_type: str, body: bytes, arguments: Mapping[str, Sequence[bytes]]
) -> M:
    """Read a model from a form, or from JSON.

    Fields of inner models are named with dots (``limits.worker.cores``), those in lists with
    numbers besides (``spans.0.start``). Values may be written
    for people: sizes in bytes such as ``1.5 GiB``, times in seconds such as ``90 d``, lists such
    as ``tiny, small``. An empty field is taken as not given; as None where it has to be given
    and can be None; and ``unbounded`` is None where a field has words for that.

    Raises
    ------
    InvalidRequest
        It says each field that is wrong, and why.
    """
    if content_type.startswith(JSON):
        given = _json(body)
    else:
        given = _form(model, content_type, body, arguments)
    _refuse_nul(given)
    try:
        return model.model_validate(given)
    except ValidationError as invalid:
        raise InvalidRequest(" ".join(problems_of(invalid).values())) from None


def problems_of(invalid: ValidationError) -> dict[str, str]:
    """Return a sentence for each field that is wrong, by the field's dotted name."""
    errors = invalid.errors(include_url=False, include_input=False, include_context=False)
    named = ((".".join(map(str, error["loc"])), error["msg"]) for error in errors)
    return {
        name: f"{name or 'The request'}: {message.removeprefix(OWN_WORDS).rstrip('.')}."
        for name, message in named
    }


def _refuse_nul(given: Any) -> None:
    """Refuse the one character that PostgreSQL cannot keep, before it comes that far."""
    parts = [given]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            parts += [*part, *part.values()]
        elif isinstance(part, list):
            parts += part
        elif isinstance(part, str) and "\0" in part:
            raise InvalidRequest("Text cannot hold the NUL character.")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError) as broken:
        raise InvalidRequest(f"The body is not JSON: {broken}.") from None


def _form(
    model: type[BaseModel],
    content_type: str,
    body: bytes,
    arguments: Mapping[str, Sequence[bytes]],
) -> dict[str, Any]:
    if body and not content_type.startswith((FORM, "multipart/form-data")):
        raise WrongMediaType(f"Send a form ({FORM}) or {JSON}, not {content_type or 'unlabelled'}.")
    nested: dict[str, Any] = {}
    for name, values in arguments.items():
        if name in CONTROLS:
            continue
        text, path = _text(name, values[-1]), name.split(".")
        if _is_none(_field(model, path), text):
            _put(nested, path, None)
        elif text:
            _put(nested, path, _typed(name, text))
    return {name: _listed(value) for name, value in nested.items()}


def _listed(value: Any) -> Any:
    """Return a group as a list where all its fields are numbers."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(part) for name, part in value.items()}
    if inner and all(NUMBER.fullmatch(name) for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


NUMBER = re.compile(r"[0-9]{1,4}")


def _field(model: type[BaseModel], path: Sequence[str]) -> FieldInfo | None:
    """Return the field that a dotted name means, if there is one."""
    first, *rest = path
    info = model.model_fields.get(first)
    if not rest or info is None:
        return info
    inner = _bare(info.annotation)
    if get_origin(inner) is tuple and NUMBER.fullmatch(rest[0]):
        inner, rest = _bare(get_args(inner)[0]), rest[1:]
    return _field(inner, rest) if rest and _is_model(inner) else None


def _is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_none(info: FieldInfo | None, text: str) -> bool:
    """Tell whether a field of a form says None, rather than nothing."""
    if info is None or text not in {"", NONE}:
        return False
    return none_words(info) is not None if text else _must_say_none(info)


def _must_say_none(info: FieldInfo) -> bool:
    """Tell whether a field can be None and has to be given."""
    return info.is_required() and NoneType in get_args(info.annotation)


def _typed(name: str, text: str) -> str:
    """Return what a person wrote as models read it."""
    try:
        if name.endswith("bytes"):
            return str(parse_size(text))
        if name.endswith("_seconds"):
            return str(parse_span(text))
    except ValueError as wrong:
        raise InvalidRequest(f"{name}: {wrong}") from None
    if name.endswith("_at") and WITHOUT_ZONE.fullmatch(text):
        return f"{text}Z"  # Browsers ask for a date and a time, and say no zone; pages say UTC.
    return text


WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?")


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(f"{name}: Text must be UTF-8.") from None


def _put(nested: dict[str, Any], path: list[str], value: str | None) -> None:
    *outer, last = path
    for step in outer:
        inner = nested.setdefault(step, {})
        if not isinstance(inner, dict):
            raise InvalidRequest(f"{'.'.join(path)}: {step} is given as a value and as a group.")
        nested = inner
    nested[last] = value


@dataclass(frozen=True)
class FormField:
    """One control of a form."""

    name: str
    label: str
    hint: str
    value: str
    kind: str
    required: bool
    options: tuple[tuple[str, str], ...] = ()
    none: str = ""
    """What None is called, where there is a box to tick for it, since empty means: not given."""
    placeholder: str = ""

    @property
    def is_none(self) -> bool:
        """Whether the box is ticked."""
        return bool(self.none) and self.value == NONE

    @property
    def is_ticked(self) -> bool:
        """Whether a claim holds."""
        return self.value.lower() in {YES, "on", "yes", "1"}


def form_fields(
    model: type[BaseModel], value: BaseModel | None, typed: Mapping[str, str]
) -> list[FormField]:
    """Return the controls that edit a model, in the order of its fields.

    They hold what was typed before; without, what the thing has now.
    """
    fields = _fields(model, value)
    return [replace(field, value=typed.get(field.name, field.value)) for field in fields]


def choices(fields: Sequence[FormField], name: str, options: Mapping[str, str]) -> list[FormField]:
    """Return controls of which one offers what there is, instead of any text."""
    offered = tuple(options.items())
    return [
        replace(field, kind="select", options=offered) if field.name == name else field
        for field in fields
    ]


def _fields(
    model: type[BaseModel],
    value: BaseModel | None,
    outer: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    *,
    needed: bool = True,
) -> Iterator[FormField]:
    for name, info in model.model_fields.items():
        current = getattr(value, name, None) if value is not None else None
        bare, title = _bare(info.annotation), label(name, info.title)
        if _is_model(bare):
            asked = needed and info.is_required()
            yield from _fields(bare, current, (*outer, name), (*groups, title), needed=asked)
            continue
        if _holds_models(bare):
            continue  # Programs name them with numbers; a page has a form of its own.
        none = none_words(info) or ""
        is_asked = none and not info.is_required()
        if is_asked and value is not None and current is None and name in value.model_fields_set:
            current = NONE
        if bare is bool and current is None and isinstance(info.default, bool):
            current = info.default
        yield FormField(
            name=".".join((*outer, name)),
            # The outermost group is the form itself.
            label=f"{groups[-1]}: {title.lower()}" if groups[1:] else title,
            hint=_hint(info.description, title),
            value=_shown(name, current),
            kind=_kind(name, bare, info),
            required=needed and info.is_required() and not _must_say_none(info),
            options=_options(bare),
            none=none if is_asked else "",
            placeholder="" if is_asked else none,
        )


def _holds_models(bare: Any) -> bool:
    return get_origin(bare) is tuple and any(_is_model(_bare(one)) for one in get_args(bare))


def _hint(description: str | None, title: str) -> str:
    """Return what is worth saying besides the label."""
    return "" if description is None or description.lower() == title.lower() else description


def _bare(annotation: Any) -> Any:
    """Return the type inside Optional and Annotated."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return next(_bare(inner) for inner in get_args(annotation) if inner is not type(None))
    return annotation


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    if value == NONE:
        return NONE
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, tuple):
        return shown(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if name.endswith("bytes"):
        return exact_size(value)
    if name.endswith("_seconds") and isinstance(value, int):
        return span(value)
    return str(value.value if isinstance(value, Enum) else value)


YES, NO = "true", "false"
"""How forms write claims; pages say yes and no."""

KINDS: dict[Any, str] = {
    int: "number",
    float: "number",
    date: "date",
    datetime: "datetime-local",
    AwareDatetime: "datetime-local",
}


def _kind(name: str, bare: Any, info: FieldInfo) -> str:
    if name.endswith(("bytes", "_seconds")):
        return "text"
    if bare is bool:
        return "select" if NoneType in get_args(info.annotation) else "checkbox"
    if isinstance(bare, type) and issubclass(bare, Enum):
        return "select"
    if bare is str and _longest(info) >= LONG:
        return "textarea"
    return KINDS.get(bare, "text")


LONG = 1000
"""Characters from which on a text is written in lines."""


def _longest(info: FieldInfo) -> int:
    """Return how long a text may be, wherever its type says so; 0: it does not."""
    inner = [get_args(one)[1:] for one in get_args(info.annotation) if get_origin(one) is Annotated]
    bounds = [*info.metadata, *(bound for bounds in inner for bound in bounds)]
    return max((getattr(bound, "max_length", None) or 0 for bound in bounds), default=0)


def _options(bare: Any) -> tuple[tuple[str, str], ...]:
    if bare is bool:
        return ((YES, shown(value=True)), (NO, shown(value=False)))
    if not (isinstance(bare, type) and issubclass(bare, Enum)):
        return ()
    return tuple((str(item.value), shown(item)) for item in bare)
