"""Pages of the reference say what the code says; ``pytest --update-data`` writes them anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from aglais_hub.platform.reference import scopes_table, settings_page

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SCOPES = re.compile(r"(<!-- scopes[^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)

Golden = Callable[[Path, str], None]


def test_the_page_of_settings_is_what_the_code_reads(golden: Golden) -> None:
    golden(REFERENCE / "settings.md", settings_page())


def test_the_table_of_scopes_is_what_the_services_ask_for(golden: Golden) -> None:
    page = REFERENCE / "rest.md"
    golden(page, SCOPES.sub(lambda mark: mark[1] + scopes_table() + mark[2], page.read_text()))


def test_every_setting_is_described() -> None:
    rows = [line for line in settings_page().splitlines() if line.startswith("| `AGLAIS_")]
    assert len(rows) > 20
    assert not [row for row in rows if row.endswith("|  |")]
