"""Names of administrators stay theirs, whatever else an operator keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from aglais_accounts import service
from aglais_accounts.config import AccountsConfig
from aglais_hub.hub import service_environment
from aglais_hub.platform.settings import Platform


@pytest.mark.parametrize(
    ("admins", "besides", "kept"),
    [
        ((), None, set()),
        (("alice", "Bob"), None, {"alice", "bob"}),
        (("alice",), "mallory, nobody-else", {"alice", "mallory", "nobody-else"}),
        (("alice",), "", {"alice"}),
        ((), "mallory", {"mallory"}),
    ],
)
def test_what_else_is_kept_sets_no_administrator_free(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    admins: tuple[str, ...],
    besides: str | None,
    kept: set[str],
) -> None:
    monkeypatch.delenv("AGLAIS_ACCOUNTS_RESERVED_NAMES", raising=False)
    if besides is not None:
        monkeypatch.setenv("AGLAIS_ACCOUNTS_RESERVED_NAMES", besides)
    platform = Platform(home=tmp_path, cache=tmp_path, port=8000, admins=admins)
    environment = service_environment(service, platform)
    assert AccountsConfig.load(environment).kept_names == kept
