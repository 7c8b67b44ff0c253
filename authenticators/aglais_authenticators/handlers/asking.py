"""Forms of the doors to requests of the accounts service, and what is wrong with them."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from aglais_hub.errors import AglaisError, InvalidRequest, NotFound
from aglais_hub.models import Model

__all__ = ["WrongFieldError", "ask", "field_of", "with_code"]

M = TypeVar("M", bound=Model)

SENTENCES = {
    "name": "A user name has 2 to 64 small letters, digits and . _ @ - in it, and begins with a "
    "letter.",
    "address": "Please write a whole e-mail address, such as name@example.org.",
    "password": "Please choose a password of at most 1000 characters.",
    "display_name": "Please write your name in at most 80 characters.",
}
"""What is said of a field that is wrong; people have not chosen the others."""

FIELDS = {
    "account-exists": "name",
    "account-leaving": "name",
    "name-reserved": "name",
    "weak-password": "password",
}
"""Field that a refusal of the accounts service is about, by its code."""


class WrongFieldError(InvalidRequest):
    """A field of a form is wrong."""

    code = "wrong-field"

    def __init__(self, field: str) -> None:
        super().__init__(SENTENCES.get(field, "The form is not complete. Please try again."))
        self.field = field


def ask(model: type[M], **given: Any) -> M:
    """Return a request; what is empty was not given.

    Raises
    ------
    WrongFieldError
        It names the first field that is wrong.
    """
    try:
        return model.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as invalid:
        raise WrongFieldError(str(invalid.errors()[0]["loc"][0])) from None


def with_code(model: type[M], **given: Any) -> M:
    """Return a request that holds the code of a link.

    Raises
    ------
    NotFound
        The link cannot be one of ours; said as the accounts service says it.
    """
    try:
        return ask(model, **given)
    except WrongFieldError as wrong:
        if wrong.field not in {"code", "token"}:
            raise
        unusable = NotFound("This link is not complete. Please use it as it was sent to you.")
        unusable.code = "code-unusable"
        raise unusable from None


def field_of(problem: AglaisError) -> str | None:
    """Return the field of a form that a refusal is about, if it is about one."""
    return getattr(problem, "field", None) or FIELDS.get(problem.code)
