"""The Hub's frame around the pages of services."""

from __future__ import annotations

import httpx
import pytest

from aglais_booking import service
from aglais_hub.web.assets import Assets
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


async def test_scripts_may_be_kept_under_the_address_of_their_version(
    tmp_path: object, hub: HubDouble
) -> None:
    async with (
        running(service, f"sqlite:///{tmp_path}/test.db", hub) as booking,
        httpx.AsyncClient(base_url=booking.url) as nobody,
    ):
        plain = await nobody.get("static/live.js")
        version = plain.headers["ETag"]
        named = await nobody.get(Assets(service, "").url("live.js"))
        again = await nobody.get("static/live.js", headers={"If-None-Match": version})
        outside = [
            await nobody.get(path)
            for path in ("static/nothing.js", "static/..%2Fapp.py", "static/%2Fetc%2Fpasswd")
        ]
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert (plain.headers["Cache-Control"], plain.text) == ("no-cache", named.text)
    assert "immutable" in named.headers["Cache-Control"]
    assert again.status_code == 304
    assert [answer.status_code for answer in outside] == [404, 404, 404]
