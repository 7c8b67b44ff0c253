"""What mails say; the texts are files in ``mails/``."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from aglais_hub.web.show import size

__all__ = ["letter"]

_environment = Environment(
    loader=PackageLoader("aglais_accounts", "mails"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 (plain text, no HTML)
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["size"] = size


def letter(template: str, **values: object) -> tuple[str, str]:
    """Return subject and text of a mail."""
    subject, _, text = _environment.get_template(f"{template}.txt").render(**values).partition("\n")
    return subject.strip(), text.strip() + "\n"
