"""What README and docs name is there: files, make targets, settings, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aglais_hub.cli import app
from aglais_hub.hub import installed_services
from aglais_hub.platform.settings import SETTINGS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("zeppelin-plugin/**/README.md")]
)
DOCUMENTS = [path for path in DOCUMENTS if "node_modules" not in path.parts]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


@each_document
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    prose = FENCE.sub("", document.read_text())
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose)
    here = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert not [link for link in here if not (document.parent / link).exists()]


@each_document
def test_every_make_target_that_is_named_is_there(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", document.read_text(), re.MULTILINE))
    assert named <= targets


@each_document
def test_every_command_that_is_named_is_there(document: Path) -> None:
    named = set(re.findall(r"(?:`|bin/)aglais ([a-z-]+)", document.read_text()))
    for command in named:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command


@each_document
def test_every_setting_that_is_named_is_read(document: Path) -> None:
    services = {name for service in installed_services() for name in service.config.variables()}
    # Variables inside a session are told of by the code of sessions.
    sources = [*ROOT.glob("spawners/**/*.py"), *ROOT.glob("zeppelin-plugin/distribution/home/**/*")]
    inside = " ".join(path.read_text() for path in sources if path.is_file())
    named = re.findall(r"\bAGLAIS_[A-Z_]+\b", document.read_text())
    unread = [
        name
        for name in named
        if name not in SETTINGS and name not in services and f'"{name}"' not in inside
    ]
    assert not unread
