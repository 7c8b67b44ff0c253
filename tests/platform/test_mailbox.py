"""A sign-up on the embedded platform: the link is on the console, and in a file."""

from __future__ import annotations

import re

from tests.support.guest import until
from tests.support.platform import RunningPlatform

ADDRESS = "new.person@example.org"


def test_the_console_shows_the_link_of_a_mail(platform: RunningPlatform) -> None:
    came = {"came_from": "192.0.2.1"}
    token = (platform.home / "run" / "cli.secret").read_text()
    with platform.api("accounts", token) as api:
        form = came | {"address": ADDRESS, "password": "correct horse battery staple"}
        assert api.post("signups", data=form).status_code == 202
        told = rf"Mail to {ADDRESS}: Confirm.*\n +{platform.url}hub/confirm/(\S+)\n"
        until(lambda: re.search(told, platform.console) is not None, 20, "the link is told")
        code = re.findall(told, platform.console)[0]
        confirmed = api.post("confirmations", data=came | {"code": code})
        assert confirmed.status_code == 200
        name = confirmed.json()["account"]["name"]
        assert api.post("logins", data=form).json()["name"] == name
        mails = (platform.home / "mail").glob("*.eml")
        mail = next(one for one in mails if code in one.read_text())
        assert (mail.stat().st_mode & 0o777, mail.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert code not in platform.log
        assert "staple" not in platform.log
        assert api.post(f"accounts/{name}/leave", data={"reason": "a test"}).status_code == 202
