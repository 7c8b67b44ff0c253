"""Runs shipped notes on a Zeppelin, paragraph by paragraph, and reads what they print."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.plain_zeppelin import plain_zeppelin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from aglais_spawners.content import Content
    from aglais_spawners.zeppelin import Runtime


@dataclass
class NoteRun:
    """What came out of a note's paragraphs, in order."""

    outputs: list[list[dict[str, str]]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failure: str = ""

    @property
    def parts(self) -> list[dict[str, str]]:
        return [part for output in self.outputs for part in output]

    @property
    def text(self) -> str:
        return "\n".join(part["data"] for part in self.parts if part["type"] == "TEXT")

    @property
    def tables(self) -> list[str]:
        return [part["data"] for part in self.parts if part["type"] == "TABLE"]

    @property
    def pictures(self) -> list[str]:
        return [part["data"] for part in self.parts if "data:image/png" in part["data"]]

    def marked(self, marker: str) -> dict[str, Any]:
        """The JSON of the line that begins with [marker]."""
        start = f"[{marker}] "
        lines = [line for line in self.text.splitlines() if line.startswith(start)]
        assert len(lines) == 1, f"{len(lines)} lines of [{marker}]:\n{self.text}"
        return dict(json.loads(lines[0].removeprefix(start)))


@contextmanager
def zeppelin_with_content(
    runtime: Runtime, content: Content, place: Path, package: str
) -> Iterator[httpx.Client]:
    """Start a Zeppelin that has the shipped notes, as in a session of this package."""
    shutil.copytree(content.notebooks, place / "notebook")
    facts = {"package": package, "worker.count": "1", "worker.cores": "2", "worker.memory": "2"}
    environment = {
        "PYTHONPATH": str(content.library),
        "AGLAIS_EXAMPLES_DATA": str(content.data),
        **{f"resources.{name}": value for name, value in facts.items()},
        **{f"RESOURCES_{n.upper().replace('.', '_')}": value for n, value in facts.items()},
    }
    with plain_zeppelin(runtime, place, variables=environment) as client:
        yield client


def run_note(client: httpx.Client, note: str, *, seconds: float = 180) -> NoteRun:
    """Run until the end or the first paragraph that fails."""
    run = NoteRun()
    for paragraph in client.get(f"api/notebook/{note}").json()["body"]["paragraphs"]:
        url = f"api/notebook/run/{note}/{paragraph['id']}"
        start = time.monotonic()
        answer = client.post(url, timeout=seconds).json()["body"]
        run.seconds.append(time.monotonic() - start)
        run.outputs.append(answer.get("msg", []))
        if answer["code"] != "SUCCESS":
            run.failure = f"{paragraph['text']}\n{answer}"
            break
    return run
