"""Notes as files, in the form that Zeppelin 0.10 and later keep them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def paragraph(number: int, text: str, *messages: tuple[str, str], **more: Any) -> dict[str, Any]:
    """Return a paragraph; with messages (type, data) it has already run."""
    entry: dict[str, Any] = {
        "id": f"paragraph_{number}",
        "jobName": f"paragraph_{number}",
        "text": text,
        "config": {},
        "settings": {"params": {}, "forms": {}},
        "status": "READY",
        "progress": 0,
    }
    if messages:
        msg = [{"type": kind, "data": data} for kind, data in messages]
        entry |= {"status": "FINISHED", "results": {"code": "SUCCESS", "msg": msg}}
    return entry | more


def write_note(root: Path, path: str, id_: str, paragraphs: list[dict[str, Any]]) -> None:
    """Write `<root>/<path>_<id>.zpln`."""
    note = {
        "id": id_,
        "name": path.rsplit("/", 1)[-1],
        "defaultInterpreterGroup": "spark",
        "version": "0.10.0",
        "noteParams": {},
        "noteForms": {},
        "angularObjects": {},
        "config": {"isZeppelinNotebookCronEnable": False},
        "info": {},
        "paragraphs": paragraphs,
    }
    file = root / f"{path}_{id_}.zpln"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(note))


def write_read_only(conf: Path, *ids: str) -> None:
    """Let nobody but the hub's administrator change these notes; everybody may run them."""
    shut = {"owners": ["hub-admin"], "writers": ["hub-admin"], "readers": [], "runners": []}
    conf.mkdir(parents=True, exist_ok=True)
    file = conf / "notebook-authorization.json"
    file.write_text(json.dumps({"authInfo": dict.fromkeys(ids, shut)}))
