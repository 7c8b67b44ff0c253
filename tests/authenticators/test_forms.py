"""Every form of the Hub's doors: another site cannot make a browser send one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from itertools import product
from pathlib import Path

import pytest

from aglais_authenticators.handlers import ROUTES
from tests.support.accounts import AccountsWorld
from tests.support.doors import Doors, doors_of

pytestmark = pytest.mark.slow

PROVIDER = {
    "class": "oidc", "title": "Example", "client_id": "aglais", "client_secret": "-",
    "authorize_url": "http://127.0.0.1:1/authorize", "token_url": "http://127.0.0.1:1/token",
    "userdata_url": "http://127.0.0.1:1/me",
}  # fmt: skip
MODES = ("navigate", "cors", "no-cors", "same-origin", None)
"""How browsers send forms; they open websockets by GET only, and set the header themselves."""
SITES = ("cross-site", "same-site", "same-origin", "none", None)
TOKENS = (None, "", "wrong")
REFUSED = "Please try that again"


@pytest.fixture
async def doors(tmp_path: Path, world: AccountsWorld) -> AsyncIterator[Doors]:
    """All doors, a provider's, too."""
    async with doors_of(tmp_path, world.client, providers={"example": PROVIDER}) as hub:
        yield Doors(hub, world)


def forms(doors: Doors) -> Iterator[str]:
    """Yield the paths, below the Hub's, of all that takes a form."""
    for path, handler in doors.hub.app.authenticator.get_handlers(doors.hub.app):
        if any(
            "post" in vars(kind) for kind in handler.__mro__ if kind.__module__.startswith("aglais")
        ):
            yield re.sub(r"\(.*?\)", "nothing", path).lstrip("/")


def headers(mode: str | None, site: str | None) -> dict[str, str]:
    given = {"Sec-Fetch-Mode": mode, "Sec-Fetch-Site": site}
    return {name: value for name, value in given.items() if value}


async def test_no_form_is_taken_without_its_token_however_it_was_sent(doors: Doors) -> None:
    paths = list(forms(doors))
    assert len(paths) >= 10, paths
    async with doors.visitor() as visitor:
        await visitor.open("login")
        for path, mode, site, token in product(paths, MODES, SITES, TOKENS):
            form = {} if token is None else {"_xsrf": token}
            request = visitor.http.build_request("POST", path, data=form)
            for name in ("Sec-Fetch-Mode", "Sec-Fetch-Site"):
                del request.headers[name]
            request.headers.update(headers(mode, site))
            answer = await visitor.http.send(request)
            assert answer.status_code == 403, (path, mode, site, token)
            assert REFUSED in answer.text, (path, answer.text)


async def test_the_token_of_another_browser_is_none(doors: Doors) -> None:
    async with doors.visitor() as mine, doors.visitor("198.51.100.9") as other:
        page = await other.open("login")
        token = re.findall(r'name="_xsrf" value="([^"]+)"', page.text)[0]
        await mine.open("login")
        for path in forms(doors):
            answer = await mine.http.post(path, data={"_xsrf": token})
            assert (answer.status_code, REFUSED in answer.text) == (403, True), path


async def test_with_its_token_a_form_comes_as_far_as_its_handler(doors: Doors) -> None:
    """The checks above would pass as well where nothing is ever taken."""
    async with doors.visitor() as visitor:
        page = await visitor.open("login")
        token = re.findall(r'name="_xsrf" value="([^"]+)"', page.text)[0]
        for path in forms(doors):
            answer = await visitor.http.post(path, data={"_xsrf": token})
            assert REFUSED not in answer.text, path
            token = visitor.http.cookies.get("_xsrf", path="/hub/") or token


def test_the_list_of_forms_has_all_doors() -> None:
    assert {"/login/guest", "/login/password", "/signup", "/reset", "/logout"} <= {
        path for path, _ in ROUTES
    }
