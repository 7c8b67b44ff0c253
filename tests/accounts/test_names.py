"""Names that people may choose, and those that are made up for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from aglais_accounts.managers.names import NameReservedError, candidates, check_choice
from aglais_hub.models import AccountName

name = TypeAdapter(AccountName)


@pytest.mark.parametrize(
    ("wishes", "best"),
    [
        (["alice"], "alice"),
        (["Zoë Müller"], "zoe-muller"),
        (["alice@example.org"], "alice"),
        (["0000-0002-1825-0097", "Josiah Carberry"], "josiah-carberry"),
        ([None, "", "山田", "yamada"], "yamada"),
        (["guest-0123456789ab"], "member"),
        (["Guest-x", "bob"], "bob"),
        (["admin", "root", "carol"], "carol"),
        (["x"], "member"),
        (["../../etc/passwd"], "etc-passwd"),
        (["a" * 300], "a" * 32),
        (["-._dave_.-"], "dave"),
        ([], "member"),
    ],
)
def test_the_name_resembles_the_wish(wishes: list[str | None], best: str) -> None:
    assert candidates(wishes)[0] == best


@given(st.lists(st.none() | st.text(max_size=80), max_size=4))
def test_whatever_is_wished_a_name_may_be_chosen(wishes: list[str | None]) -> None:
    for one in candidates(wishes):
        name.validate_python(one)
        check_choice(one, ())


@pytest.mark.parametrize("taken", ["admin", "guest-", "guest-0123456789ab", "root", "hub"])
def test_names_of_the_platform_are_refused(taken: str) -> None:
    with pytest.raises(NameReservedError, match=taken):
        check_choice(taken, ())
