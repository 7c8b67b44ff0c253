"""The shell lines of README do what it says, on a running platform."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.platform import RunningPlatform

README = Path(__file__).parents[2] / "README.md"
CURLS, STATUS_AND_TOKEN = 3, 2


def lines_with(word: str) -> list[str]:
    """Return the lines of README's shell blocks in which a word is."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if word in line]


def run(platform: RunningPlatform, script: str) -> str:
    """Run lines as README shows them, with this platform's port and these programs."""
    here = script.replace(":8000/", f":{platform.port}/")
    here = here.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    done = subprocess.run(
        ["sh", "-euc", here], env=platform.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lines_are_found() -> None:
    assert len(lines_with(".venv/bin/aglais")) == STATUS_AND_TOKEN
    assert len(lines_with("curl")) == CURLS


def test_status_says_that_all_parts_answer(platform: RunningPlatform) -> None:
    (status,) = lines_with("aglais status")
    said = run(platform, status)
    for part in ("accounts", "booking", "storage", "hub"):
        assert re.search(rf"{part} +ok", said), said


@pytest.fixture(scope="module")
def answers(platform: RunningPlatform) -> list[Any]:
    """What the lines with curl answer, in order, with the token that README makes."""
    (token,) = lines_with("TOKEN=$(")
    curls = [line.replace("curl ", "curl --fail --silent ") for line in lines_with("curl")]
    asked = [run(platform, f"{token}\n{curl}") for curl in curls]
    return [json.loads(answer) for answer in asked]


def test_the_three_lines_answer_packages_usage_and_accounts(answers: list[Any]) -> None:
    packages, usage, accounts = answers
    assert "tiny" in [package["name"] for package in packages]
    assert usage["free"]["cores"] > 0
    assert "alice" in [account["name"] for account in accounts]
