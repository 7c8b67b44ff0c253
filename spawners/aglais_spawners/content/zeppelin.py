"""Turns notes into what Zeppelin 0.10 and later keep: `<name>_<id>.zpln`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from pathlib import Path

    from .sources import Note, Paragraph

__all__ = ["FORMAT_VERSION", "as_zeppelin", "write_note"]

FORMAT_VERSION = "0.10.0"
"""The oldest Zeppelin that reads the files; newer ones read them too."""

_EDITOR = {"md": "markdown", "spark.pyspark": "python", "python": "python", "spark.sql": "sql"}


def write_note(note: Note, root: Path) -> Path:
    """Write a note below `root`, in its folder, and return the file."""
    file = root / note.folder / f"{note.name}_{note.id}.zpln"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(as_zeppelin(note), indent=2, ensure_ascii=False) + "\n", "utf-8")
    return file


def as_zeppelin(note: Note) -> dict[str, Any]:
    """
    Return a note as Zeppelin's JSON.

    Nothing of it depends on the time or the place of making. There are no results, but that prose
    is shown as such from the start: it needs no running.
    """
    return {
        "id": note.id,
        "name": note.name,
        "defaultInterpreterGroup": "spark",
        "version": FORMAT_VERSION,
        "noteParams": {},
        "noteForms": {},
        "angularObjects": {},
        "config": {
            "isZeppelinNotebookCronEnable": False,
            "looknfeel": "default",
            "aglais": {"package": note.package},
        },
        "info": {},
        "paragraphs": [
            _paragraph(f"paragraph_{note.id}_{number:02}", paragraph)
            for number, paragraph in enumerate(note.paragraphs, start=1)
        ],
    }


def _paragraph(id_: str, paragraph: Paragraph) -> dict[str, Any]:
    is_prose = paragraph.interpreter == "md"
    made: dict[str, Any] = {
        "id": id_,
        "jobName": id_,
        "title": paragraph.title,
        "text": f"%{paragraph.interpreter}\n{paragraph.text}",
        "config": {
            "title": bool(paragraph.title),
            "enabled": True,
            "colWidth": 12,
            "editorHide": is_prose,
            "editorSetting": {"language": _EDITOR.get(paragraph.interpreter, "text")},
        },
        "settings": {"params": {}, "forms": {}},
        "status": "READY",
        "progress": 0,
    }
    if is_prose:
        made["results"] = {"code": "SUCCESS", "msg": [{"type": "HTML", "data": _html(paragraph)}]}
        made["status"] = "FINISHED"
    return made


def _html(prose: Paragraph) -> str:
    """Render as Zeppelin's own %md would, in the frame that it gives to it."""
    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(prose.text)
    return f'<div class="markdown-body">\n{rendered}\n</div>'
