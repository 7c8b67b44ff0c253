"""The Hub's frame around the pages of services."""

from __future__ import annotations

import pytest

from aglais_booking import service
from tests.support.hub import HubDouble
from tests.support.services import running

READ = "custom:aglais:read:packages"


@pytest.mark.parametrize(
    ("groups", "is_offered"),
    [(["level-0"], True), (["level-1", "aglais-admins"], False), ([], False)],
)
async def test_only_guests_are_offered_to_register(
    tmp_path: object, hub: HubDouble, groups: list[str], is_offered: bool
) -> None:
    async with (
        running(service, f"sqlite:///{tmp_path}/test.db", hub) as booking,
        booking.browser("somebody", READ) as browser,
    ):
        for model in hub.tokens.values():
            model["groups"] = groups
        page = (await browser.get("packages")).text
    assert ('href="/hub/register"' in page) is is_offered
    assert "somebody" in page
