"""The light web UI in a real browser, on a real Zeppelin server under a context path."""

from __future__ import annotations

import json
import re
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from aglais_spawners.zeppelin import Runtime, assemble
from aglais_spawners.zeppelin.assembly import default_cache
from tests.support.note_files import paragraph, write_note, write_read_only
from tests.support.plain_zeppelin import free_port, plain_zeppelin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

pytestmark = [pytest.mark.zeppelin, pytest.mark.browser]

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SLOW = 60_000
"""Milliseconds that the first paragraph of an interpreter may take on a busy machine."""

TABLE = "star\tmagnitude\n" + "".join(f"HD {n}\t{(n * 7) % 1500}\n" for n in range(1500))
HOSTILE = """<h2 id="shown">Shown</h2>
<script>parent.document.title = "stolen"</script>
<img src="x" onerror="document.title = 'stolen'">
<img src="/user/alice/logout"><img src="logout">
<style>h2 { background: url(/user/alice/logout) }</style>
<div style="position: fixed; inset: 0; background: red">over the page</div>
<a href="javascript:document.title = 'stolen'">click</a>
<form action="/user/alice/logout"><button>Go</button></form>"""


class Server:
    """One Zeppelin server that can go away and come back on the same port."""

    def __init__(self, runtime: Runtime, place: Path) -> None:
        self.runtime = runtime
        self.place = place
        self.more = {
            "zeppelin.server.port": str(free_port()),
            "zeppelin.server.context.path": "/user/alice",
        }
        self.running = ExitStack()
        self.client: httpx.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.more['zeppelin.server.port']}/user/alice/"

    def start(self) -> None:
        server = plain_zeppelin(self.runtime, self.place, self.more)
        self.client = self.running.enter_context(server)

    def stop(self) -> None:
        self.running.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("webui")
    notes = place / "notebook"
    write_note(
        notes,
        "examples/tiny/Bright stars",
        "2EXAMPLE1",
        [
            paragraph(1, "%md\n# Stars", ("HTML", "<h1>Stars</h1><p>of the north</p>")),
            paragraph(2, "%python\nprint(6 * 7)"),
        ],
    )
    write_note(notes, "utils/Table", "2UTILITY1", [paragraph(1, "%sql\nx", ("TABLE", TABLE))])
    write_note(notes, "utils/Hostile", "2HOSTILE1", [paragraph(1, "%html\nx", ("HTML", HOSTILE))])
    write_note(notes, "user/Broken", "2BROKEN01", [])
    (notes / "user" / "Broken_2BROKEN01.zpln").write_text("{ not JSON")
    write_read_only(place / "conf", "2EXAMPLE1", "2UTILITY1", "2HOSTILE1")
    server = Server(assemble(default_cache(), lambda message, done: None), place)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=15_000)  # other things may load the machine
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
        expect.set_options(timeout=5_000)


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    context.set_default_timeout(15_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(server.url)
    yield page
    context.close()
    assert faults == []


def open_note(page: Page, server: Server, id_: str) -> None:
    page.goto(f"{server.url}#/notebook/{id_}")


def new_note(page: Page, name: str) -> None:
    """Make a note by the dialog; its first paragraph has the focus in the end."""
    page.get_by_role("button", name="New notebook").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def write(page: Page, number: int, text: str) -> None:
    editor = page.get_by_role("textbox", name=f"Paragraph {number},")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def result(page: Page, number: int):  # type: ignore[no-untyped-def]
    return page.get_by_role("region", name=f"Paragraph {number}", exact=True).locator(".results")


def is_stored(server: Server, note: str, text: str) -> bool:
    """Wait until the server has a text: the page sends it a moment after it was typed."""
    deadline = time.monotonic() + 10
    while stored_text(server, note) != text and time.monotonic() < deadline:
        time.sleep(0.1)
    return stored_text(server, note) == text


def stored_text(server: Server, id_: str, index: int = 0) -> str:
    note = server.client.get(f"api/notebook/{id_}").json()["body"]
    return str(note["paragraphs"][index].get("text", ""))


def note_id(page: Page) -> str:
    match = re.search(r"#/notebook/(\w+)", page.url)
    assert match
    return match[1]


def test_tree_is_walked_with_the_keyboard(page: Page) -> None:
    page.get_by_role("treeitem", name="user").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="Bright stars", level=1)).to_be_visible()
    expect(page.get_by_role("treeitem", name="Bright stars")).to_have_attribute(
        "aria-selected", "true"
    )


def test_example_is_read_only_yet_runs(page: Page, server: Server) -> None:
    open_note(page, server, "2EXAMPLE1")
    expect(page.get_by_text("Read-only")).to_be_visible()
    expect(page.get_by_role("heading", name="Stars", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="More")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Paragraph 2,")).to_have_attribute(
        "contenteditable", "false"
    )
    page.get_by_role("button", name="Run Paragraph 2").click()
    expect(result(page, 2)).to_have_text("42", timeout=SLOW)
    assert stored_text(server, "2EXAMPLE1", 1) == "%python\nprint(6 * 7)"


def test_example_is_copied_by_one_click(page: Page, server: Server) -> None:
    open_note(page, server, "2EXAMPLE1")
    page.get_by_role("button", name="Copy to my notebooks").click()
    expect(page.locator(".crumbs")).to_have_text("user")
    expect(page.get_by_role("heading", name="Bright stars", level=1)).to_be_visible()
    write(page, 2, "%python\nprint('mine')")
    page.keyboard.press("Shift+Enter")
    expect(result(page, 2)).to_have_text("mine", timeout=SLOW)
    assert stored_text(server, note_id(page), 1) == "%python\nprint('mine')"


def test_paragraphs_are_written_run_added_and_removed(page: Page, server: Server) -> None:
    new_note(page, "Deeds")
    write(page, 1, "%python\nprint('first')")
    page.keyboard.press("Shift+Enter")
    expect(result(page, 1)).to_have_text("first", timeout=SLOW)
    expect(page.get_by_role("textbox", name="Paragraph 2,")).to_be_visible()
    page.get_by_role("button", name="Add a paragraph").click()
    write(page, 3, "%python\n1 / 0")
    page.keyboard.press("Control+Enter")
    expect(result(page, 3)).to_contain_text("ZeroDivisionError", timeout=SLOW)
    page.get_by_role("button", name="More for Paragraph 3").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("ZeroDivisionError")).to_have_count(0)


def test_run_all_goes_in_order_and_cancel_stops_it(page: Page) -> None:
    new_note(page, "Long run")
    write(page, 1, "%python\nprint('one')")
    page.get_by_role("button", name="Add a paragraph").click()
    write(page, 2, "%python\nimport time\nprint('begun', flush=True)\ntime.sleep(300)")
    page.get_by_role("button", name="Run all").click()
    expect(result(page, 1)).to_have_text("one", timeout=SLOW)
    expect(page.get_by_role("progressbar", name="Progress of Paragraph 2")).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("Cancelled")).to_be_visible()
    expect(page.get_by_role("button", name="Run all")).to_be_enabled()


def test_typed_text_reaches_the_server_by_itself(page: Page, server: Server) -> None:
    new_note(page, "Typing")
    write(page, 1, "%python\nx = 'kept'")
    expect(page.get_by_text("Not saved yet")).to_have_count(0)
    assert is_stored(server, note_id(page), "%python\nx = 'kept'")


def test_fast_typing_keeps_every_letter_in_its_place(page: Page, server: Server) -> None:
    new_note(page, "Fast")
    expect(page.get_by_role("textbox", name="Paragraph 1,")).to_be_focused()
    lines = [f"word_{n} = 'a b c d e f g {n}'" for n in range(8)]
    for line in lines:
        page.keyboard.type(line.removesuffix("'"))  # the editor closes the quotation itself
        page.keyboard.press("End")
        page.keyboard.press("Enter")
    expect(page.get_by_text("Not saved yet")).to_have_count(0)
    assert is_stored(server, note_id(page), "\n".join([*lines, ""]))


def test_note_is_renamed_and_deleted_after_asking(page: Page, server: Server) -> None:
    new_note(page, "Wrong name")
    page.get_by_role("button", name="More for this notebook").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("Right name")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="Right name", level=1)).to_be_visible()
    assert list((server.place / "notebook" / "user").glob("Right name_*.zpln"))
    page.get_by_role("button", name="More for this notebook").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Right name", level=1)).to_be_visible()
    page.get_by_role("button", name="More for this notebook").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Your notebooks")).to_be_visible()
    expect(page.get_by_role("treeitem", name="Right name")).to_have_count(0)


def test_bad_name_is_refused_before_it_is_sent(page: Page) -> None:
    page.get_by_role("button", name="New notebook").click()
    page.get_by_label("Name", exact=True).fill("../../etc/passwd")
    expect(page.get_by_text("A name cannot hold two dots in a row.")).to_be_visible()
    expect(page.get_by_role("button", name="Create")).to_be_disabled()


def test_table_sorts_and_draws_a_part(page: Page, server: Server) -> None:
    open_note(page, server, "2UTILITY1")
    expect(page.get_by_text("The first 1,000 of 1,500 rows")).to_be_visible()
    cells = page.locator("tbody tr:first-child td")
    page.get_by_role("columnheader", name="magnitude").get_by_role("button").click()
    expect(cells).to_have_text(["HD 0", "0"])
    page.get_by_role("columnheader", name="magnitude").get_by_role("button").click()
    expect(cells.nth(1)).to_have_text("1499")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("tbody tr")).to_have_count(1500)


def test_html_of_others_neither_runs_nor_loads_nor_covers(page: Page, server: Server) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    open_note(page, server, "2HOSTILE1")
    expect(page.get_by_role("heading", name="Shown")).to_be_visible()
    expect(page.get_by_text("This result brought scripts.")).to_be_visible()
    page.get_by_text("click", exact=True).dispatch_event("click")
    assert not [url for url in requests if "logout" in url or url.endswith("/x")]
    assert page.title().startswith("Hostile")
    expect(page.locator(".results form")).to_have_count(0)
    page.get_by_role("link", name="Aglais, all notebooks").click()  # not covered
    expect(page.get_by_role("heading", name="Your notebooks")).to_be_visible()


def test_refusal_is_said_in_plain_words(page: Page, server: Server) -> None:
    new_note(page, "Taken away")
    shut = {"owners": ["hub-admin"], "writers": ["hub-admin"], "readers": [], "runners": []}
    write(page, 1, "%python\n1")
    expect(page.get_by_text("Not saved yet")).to_have_count(0)
    server.client.put(f"api/notebook/{note_id(page)}/permissions", json=shut).raise_for_status()
    write(page, 1, "%python\n2")
    expect(page.get_by_role("status").get_by_text("This notebook is read-only")).to_be_visible()


def test_notes_that_cannot_be_opened_have_a_clear_page(page: Page, server: Server) -> None:
    open_note(page, server, "2NOWHERE1")
    expect(page.get_by_role("heading", name="There is no such notebook")).to_be_visible()
    open_note(page, server, "2BROKEN01")
    expect(page.get_by_role("heading", name="This notebook cannot be opened")).to_be_visible()
    expect(page.get_by_text("user/Broken")).to_be_visible()
    page.get_by_role("button", name="Delete it").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("treeitem", name="Broken")).to_have_count(0)


def test_typed_text_outlives_the_server(page: Page, server: Server) -> None:
    new_note(page, "Outage")
    write(page, 1, "%python\nprint('before')")
    expect(page.get_by_text("Not saved yet")).to_have_count(0)
    server.stop()
    expect(page.get_by_text("The connection to Zeppelin is lost.")).to_be_visible(timeout=20_000)
    write(page, 1, "%python\nprint('during')")
    server.start()
    expect(page.get_by_text("The connection to Zeppelin is lost.")).to_be_hidden(timeout=30_000)
    expect(page.get_by_text("Not saved yet")).to_have_count(0)
    assert is_stored(server, note_id(page), "%python\nprint('during')")
    page.get_by_role("button", name="Run Paragraph 1").click()
    expect(result(page, 1)).to_have_text("during", timeout=SLOW)


def test_login_brings_the_user_back_with_typed_text(page: Page, server: Server) -> None:
    new_note(page, "Logged out")
    door = f"{server.url}favicon.svg?door"

    def locked(route: Route) -> None:
        route.fulfill(status=401, headers={"Location": door})

    server.stop()
    write(page, 1, "%python\nprint('typed while locked out')")
    page.route("**/api/security/ticket", locked)
    server.start()
    page.wait_for_url(door, timeout=30_000)
    page.unroute_all()
    page.goto(server.url)
    expect(page.get_by_role("heading", name="Logged out", level=1)).to_be_visible()
    expect(page.get_by_text("typed while locked out")).to_be_visible()
    expect(page.get_by_text("Not saved yet")).to_have_count(0)


def test_a_guest_is_led_to_the_hub_which_asks_before_anything_ends(
    browser: Browser, server: Server
) -> None:
    context = browser.new_context()
    page = context.new_page()
    session = {"owner": "guest-a1", "level": 0, "package": "tiny"}
    page.route(
        "**/api/aglais/session",
        lambda route: route.fulfill(content_type="application/json", body=json.dumps(session)),
    )
    page.route("**/logout", lambda route: route.fulfill(body="bye"))
    page.goto(server.url)
    expect(page.get_by_text("tiny", exact=True).first).to_be_visible()
    page.get_by_role("link", name="Log out").click()
    page.wait_for_url("**/logout")
    context.close()


@pytest.mark.parametrize("address", ["#/", "#/notebook/2EXAMPLE1", "#/notebook/2UTILITY1"])
def test_narrow_screen_needs_no_sideways_scrolling(
    browser: Browser, server: Server, address: str
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 700})
    page = context.new_page()
    page.goto(server.url + address)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Notebooks", exact=True).click()
    expect(page.get_by_role("tree")).to_be_in_viewport()
    context.close()


def test_two_windows_see_each_other(browser: Browser, page: Page, server: Server) -> None:
    new_note(page, "Shared")
    context = browser.new_context()
    other = context.new_page()
    other.goto(page.url)
    write(page, 1, "%python\nprint('seen')")
    expect(other.get_by_text("print('seen')")).to_be_visible()
    other.get_by_role("button", name="Run Paragraph 1").click()
    expect(result(page, 1)).to_have_text("seen", timeout=SLOW)
    context.close()
