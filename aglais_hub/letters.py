"""What mails say; the texts are files in the ``mails/`` folder of the package that writes them."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from aglais_hub.web.show import local, size, span

__all__ = ["Letters"]


class Letters:
    """The texts of one package.

    Parameters
    ----------
    package
        Python package that holds ``mails/``.
    """

    def __init__(self, package: str) -> None:
        self._environment = Environment(
            loader=PackageLoader(package, "mails"),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 (plain text, no HTML)
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"size": size, "span": span, "local": local}

    def write(self, template: str, **values: object) -> tuple[str, str]:
        """Return subject and text of a mail.

        Parameters
        ----------
        template
            Name of a file in ``mails/``, without ``.txt``; its first line is the subject.
        values
            What the template prints.
        """
        written = self._environment.get_template(f"{template}.txt").render(**values)
        subject, _, text = written.partition("\n")
        return subject.strip(), text.strip() + "\n"
