"""What a person does with a page, without a browser: reads the form, changes it, sends it."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx


class FormReader(HTMLParser):
    """Finds the values of a page's controls, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if given.get("type") == "checkbox" and "checked" not in given:
            return
        if tag == "input" and "name" in given:
            self.values[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
            self.values[self._select] = ""
        elif tag == "option" and self._select and "selected" in given:
            self.values[self._select] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None


def form_of(page: httpx.Response) -> dict[str, str]:
    """Return what a form on the page would send if nothing was changed."""
    reader = FormReader()
    reader.feed(page.text)
    return reader.values
