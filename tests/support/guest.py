"""A guest without a browser: the same forms, cookies and redirects, as fast as HTTP goes."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.platform import RunningPlatform

SESSION_SECONDS = 60


@dataclass
class Guest:
    """Somebody who clicked [Give it a try]."""

    platform: RunningPlatform
    http: httpx.Client = field(init=False)
    name: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            base_url=self.platform.url, follow_redirects=True, timeout=60,
            headers={"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"},
        )  # fmt: skip

    def click(self) -> httpx.Response:
        """Click the button; returns the page that follows."""
        login = self.http.get("hub/login")
        answer = self.http.post("hub/login/guest", data=hidden_fields(login.text))
        found = re.search(r"/spawn-pending/([\w-]+)|/user/([\w-]+)", str(answer.url))
        self.name = next(filter(None, found.groups())) if found else ""
        return answer

    def wait(self) -> None:
        """Wait, as the page does, until the session is ready."""
        xsrf = self.http.cookies.get("_xsrf", path="/hub/")
        url = f"hub/api/users/{self.name}/server/progress"
        with self.http.stream("GET", url, params={"_xsrf": xsrf}) as events:
            for line in events.iter_lines():
                if line.startswith("data:"):
                    self.steps.append(json.loads(line.removeprefix("data:")))
        assert self.steps[-1].get("ready"), self.steps

    def enter(self) -> httpx.Response:
        """Go through the door of the session."""
        return self.http.get(f"user/{self.name}/")

    def come_in(self) -> Guest:
        """Click, wait, enter."""
        self.click()
        self.wait()
        assert self.enter().status_code == 200
        return self

    def zeppelin(self, method: str, path: str, **kwargs: Any) -> Any:
        """Ask the session's REST API; returns the body of its answer."""
        answer = self.http.request(method, f"user/{self.name}/api/{path}", **kwargs)
        kind = answer.headers.get("Content-Type", "")
        seen = (answer.url, answer.status_code, answer.history, answer.text)
        assert answer.is_success, seen
        assert "json" in kind, seen
        return answer.json().get("body")

    def new_note(self, name: str, *paragraphs: str) -> str:
        """Make a note; returns its id."""
        texts = [{"title": "", "text": text} for text in paragraphs]
        return str(self.zeppelin("POST", "notebook", json={"name": name, "paragraphs": texts}))

    def run(self, text: str) -> tuple[str, str]:
        """Run one paragraph in a new note; returns its status and what it printed."""
        note = self.new_note(f"/user/run {time.monotonic_ns()}", text)
        paragraph = self.zeppelin("GET", f"notebook/{note}")["paragraphs"][0]["id"]
        answer = self.http.post(
            f"user/{self.name}/api/notebook/run/{note}/{paragraph}", timeout=180
        )
        body = answer.json().get("body") or {}
        return str(body.get("code")), "\n".join(part["data"] for part in body.get("msg", []))

    def leave(self) -> httpx.Response:
        """Log out, and say OK to the warning."""
        page = self.http.get("hub/logout")
        return self.http.post("hub/logout", data=hidden_fields(page.text))


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's form."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def until(true: Any, seconds: float, what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)
