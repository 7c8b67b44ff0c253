"""Who comes into a Zeppelin session, and who does not: against the real server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import websocket

if TYPE_CHECKING:
    from tests.support.oauth_hub import OAuthHub
    from tests.support.zeppelin_session import RunningSession

pytestmark = pytest.mark.zeppelin


def test_a_page_sends_a_stranger_to_the_hub(session: RunningSession) -> None:
    response = session.browser().get("")
    address = urlsplit(response.headers["location"])
    query = parse_qs(address.query)
    assert response.status_code == 302
    assert (address.scheme, address.netloc) == ("", "")
    assert address.path == "/hub/api/oauth2/authorize"
    assert query["redirect_uri"] == ["/user/alice/oauth_callback"]
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == len(query["state"][0]) == 43
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "api/version",
        "api/notebook",
        "api/security/ticket",
        "api/interpreter/setting",
        "api/login",
        "ws",
        "api/../api/notebook",
        "api//notebook",
        "api/notebook;x=1",
        "metrics",
        "health/readiness",
    ],
)
def test_a_stranger_gets_nothing(session: RunningSession, path: str) -> None:
    request = httpx.Request("GET", session.url + path)
    request.url = request.url.copy_with(raw_path=f"/user/alice/{path}".encode())
    response = httpx.Client().send(request)
    assert response.status_code in {400, 401, 302}
    assert '"body"' not in response.text
    if response.status_code == 401:
        assert response.headers["location"] == "/user/alice/"


def test_the_second_context_of_the_server_is_shut(session: RunningSession) -> None:
    for path in ("/next/", "/next/api/version", "/next/ws"):
        response = httpx.get(f"http://127.0.0.1:{session.session.port}{path}")
        assert response.status_code == 404


def test_alice_comes_in(session: RunningSession) -> None:
    browser = session.browser()
    response = session.log_in(browser)
    assert response.status_code == 200
    assert browser.get("api/security/ticket").json()["body"]["principal"] == "alice"


def test_the_page_that_was_asked_for_is_shown_after_login(session: RunningSession) -> None:
    browser = session.browser()
    response = session.log_in(browser, "index.html?x=1")
    assert response.url.path.endswith("/user/alice/index.html")
    assert response.url.query == b"x=1"


def test_cookies_are_kept_from_scripts_and_other_sessions(session: RunningSession) -> None:
    browser = session.browser()
    first = browser.get("").headers["set-cookie"]
    assert "Path=/user/alice/" in first
    assert "HttpOnly" in first
    assert "SameSite=Lax" in first
    callback = callback_of(session, browser)
    cookie = next(
        c
        for c in browser.get(callback).headers.get_list("set-cookie")
        if c.startswith("JSESSIONID")
    )
    assert "Path=/user/alice/;" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def callback_of(session: RunningSession, browser: httpx.Client) -> str:
    """Go to the Hub and back, but not in: returns the path with the code."""
    to_hub = browser.get("").headers["location"]
    return httpx.get(session.hub.url + to_hub).headers["location"].removeprefix("/user/alice/")


def test_the_code_leaves_no_trace(session: RunningSession) -> None:
    browser = session.browser()
    response = browser.get(callback_of(session, browser))
    assert response.status_code == 302
    assert response.headers["location"] == "/user/alice/"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"


def test_a_code_works_once(session: RunningSession) -> None:
    browser = session.browser()
    callback = callback_of(session, browser)
    assert browser.get(callback).status_code == 302
    other = session.browser()
    other.get("")
    assert other.get(callback).status_code == 403
    assert other.get("api/version").status_code == 401


def test_a_stolen_callback_does_not_work_in_another_browser(session: RunningSession) -> None:
    callback = callback_of(session, session.browser())
    thief = session.browser()
    thief.get("")
    response = thief.get(callback)
    assert response.status_code == 403
    assert "not begun in this browser" in response.text
    assert thief.get("api/version").status_code == 401


def test_a_made_up_code_is_refused(session: RunningSession) -> None:
    browser = session.browser()
    state = parse_qs(urlsplit(browser.get("").headers["location"]).query)["state"][0]
    response = browser.get("oauth_callback", params={"state": state, "code": "made-up"})
    assert response.status_code == 403
    assert "JSESSIONID" not in browser.cookies


def test_bobs_good_code_does_not_open_alices_server(session: RunningSession, hub: OAuthHub) -> None:
    hub.visitor = "bob"
    browser = session.browser()
    response = session.log_in(browser)
    assert response.status_code == 403
    assert "This is the session of alice. You are bob" in response.text
    assert browser.get("api/version").status_code == 401


def test_alice_without_the_scope_is_refused(session: RunningSession, hub: OAuthHub) -> None:
    hub.scopes = ("read:users",)
    response = session.log_in(session.browser())
    assert response.status_code == 403
    assert "access:servers!server=alice/" in response.text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1"])
def test_foreign_pages_are_refused(
    session: RunningSession, alice: httpx.Client, origin: str
) -> None:
    response = alice.post("api/notebook", json={"name": "x"}, headers={"Origin": origin})
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        connect(session, alice, origin=origin)


def connect(session: RunningSession, browser: httpx.Client, **options: str) -> websocket.WebSocket:
    cookie = "; ".join(f"{c.name}={c.value}" for c in browser.cookies.jar)
    url = session.url.replace("http", "ws", 1) + "ws"
    options.setdefault("origin", f"http://127.0.0.1:{session.session.port}")
    return websocket.create_connection(url, cookie=cookie, timeout=20, **options)


def is_closed(socket: websocket.WebSocket) -> bool:
    """Wait for what comes next; tell whether it is the end, said or not."""
    try:
        return bool(socket.recv_data()[0] == websocket.ABNF.OPCODE_CLOSE)
    except websocket.WebSocketConnectionClosedException:
        return True


def test_own_origin_is_accepted(session: RunningSession, alice: httpx.Client) -> None:
    connect(session, alice).close()


def test_websocket_is_shut_to_strangers(session: RunningSession) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException, match="401"):
        connect(session, session.browser())


@pytest.mark.parametrize(
    "path",
    [
        "api/interpreter",
        "api/interpreter/setting",
        "api/interpreter/setting/spark",
        "api/configurations/all",
        "api/notebook-repositories",
        "api/helium/package",
        "api/credential",
        "api/admin",
        "api/cluster/address",
    ],
)
def test_settings_are_for_administrators(alice: httpx.Client, path: str) -> None:
    response = alice.get(path)
    assert response.status_code == 403
    assert response.json()["message"] == "Only an administrator may see or change this."


@pytest.mark.parametrize("name", ["api/interpreter/", "api/%69nterpreter/setting"])
def test_settings_stay_closed_however_they_are_spelt(alice: httpx.Client, name: str) -> None:
    assert alice.get(name).status_code in {400, 403, 404}


def test_environment_of_interpreters_cannot_be_set(alice: httpx.Client) -> None:
    setting = {"name": "evil", "group": "python", "properties": {"BASH_ENV": {"value": "/x"}}}
    assert alice.post("api/interpreter/setting", json=setting).status_code == 403


@pytest.mark.parametrize("way", ["page", "api"])
def test_logout_ends_it_everywhere(session: RunningSession, way: str) -> None:
    browser = session.browser()
    session.log_in(browser)
    socket = connect(session, browser)
    if way == "page":
        response = browser.get("logout")
        assert (response.status_code, response.headers["location"]) == (303, "/hub/logout")
    else:
        response = browser.post("api/login/logout")
        assert (response.status_code, response.headers["location"]) == (401, "/hub/logout")
        assert browser.get("").headers["location"] == "/hub/logout"
    assert browser.get("api/version").status_code == 401
    assert is_closed(socket)


def test_another_site_cannot_log_out(session: RunningSession, alice: httpx.Client) -> None:
    assert alice.get("logout", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert alice.get("api/version").status_code == 200


def test_secrets_are_not_in_the_log(session: RunningSession, alice: httpx.Client) -> None:
    assert alice.get("api/version").status_code == 200
    assert session.hub.client_secret not in session.log()
    assert not any(token in session.log() for token in session.hub.tokens)


def test_the_web_ui_learns_whose_session_it_is(alice: httpx.Client) -> None:
    response = alice.get("api/aglais/session")
    assert response.json() == {
        "owner": "alice",
        "level": 1,
        "package": "tiny",
        "admin": False,
        "idle_seconds": 600,
        "logout_path": "/hub/logout",
    }


def test_the_page_is_asked_for_anew_and_its_files_are_kept(alice: httpx.Client) -> None:
    page = alice.get("")
    assert page.headers["cache-control"] == "no-cache"
    asset = re.search(r"assets/[^\"]+", page.text)
    assert asset is not None
    assert "immutable" in alice.get(asset[0]).headers["cache-control"]
