"""What notebooks share: the check of the package and the marker lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import aglais_notebook

if TYPE_CHECKING:
    from pathlib import Path

WARNING = ["WARN - Not enough resources available", "This notebook requires a {} package"]


@pytest.fixture(autouse=True)
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("package", "worker.count", "worker.cores", "worker.memory"):
        monkeypatch.delenv(f"resources.{name}", raising=False)
        monkeypatch.delenv(f"RESOURCES_{name.upper().replace('.', '_')}", raising=False)


@pytest.mark.parametrize("variable", ["resources.package", "RESOURCES_PACKAGE"])
@pytest.mark.parametrize("mine", aglais_notebook.PACKAGES)
@pytest.mark.parametrize("needed", aglais_notebook.PACKAGES)
def test_smaller_package_is_warned(
    variable: str,
    mine: str,
    needed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, mine)
    order = ["tiny", "small", "medium", "large"]
    enough = aglais_notebook.require(needed)
    assert enough == (order.index(mine) >= order.index(needed))
    said = capsys.readouterr().out.splitlines()
    assert said == ([] if enough else [WARNING[0], WARNING[1].format(needed)])


@pytest.mark.parametrize(
    ("cores", "count", "wanted", "enough"),
    [("2", "4", 8, True), ("2", "4", 9, False), ("0.5", "2", 1, True), ("", "", 64, True)],
)
def test_custom_package_is_judged_by_its_quotas(
    cores: str, count: str, wanted: float, enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("resources.package", "custom")
    monkeypatch.setenv("resources.worker.cores", cores)
    monkeypatch.setenv("resources.worker.count", count)
    assert aglais_notebook.require("large", worker_cores=wanted) is enough


def test_without_a_package_nothing_is_warned(capsys: pytest.CaptureFixture[str]) -> None:
    assert aglais_notebook.require("large", worker_memory=1000)
    assert capsys.readouterr().out == ""


def test_markers_can_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("resources.package", "tiny")
    aglais_notebook.begin(package="small")
    aglais_notebook.check("rows", np.int64(5), equal=5)
    aglais_notebook.check("distance", 7.5, least=8, most=9)
    aglais_notebook.result(found=np.float32(0.5), name="x")
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[0].removeprefix("[version] ")) == {
        "api": 1,
        "package": "small",
        "session": "tiny",
    }
    assert lines[1:3] == [WARNING[0], WARNING[1].format("small")]
    assert lines[3] == "ok     rows = 5  (expected 5)"
    assert lines[4] == "WRONG  distance = 7.5  (expected at least 8, at most 9)"
    assert json.loads(lines[5].removeprefix("[result] ")) == {
        "passed": False,
        "checks": {"rows": True, "distance": False},
        "values": {"rows": 5, "distance": 7.5, "found": 0.5, "name": "x"},
    }


def test_next_notebook_begins_afresh(capsys: pytest.CaptureFixture[str]) -> None:
    aglais_notebook.check("old", 1, equal=2)
    aglais_notebook.begin(package="tiny")
    aglais_notebook.result()
    assert '"passed": true, "checks": {}' in capsys.readouterr().out


def test_not_a_number_passes_no_check(capsys: pytest.CaptureFixture[str]) -> None:
    aglais_notebook.begin(package="tiny")
    aglais_notebook.check("lost", float("nan"), least=0)
    assert "WRONG" in capsys.readouterr().out


def test_data_is_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AGLAIS_EXAMPLES_DATA", raising=False)
    assert aglais_notebook.examples("stars") == "/data/examples/stars"
    monkeypatch.setenv("AGLAIS_EXAMPLES_DATA", str(tmp_path))
    assert aglais_notebook.examples("stars") == f"{tmp_path}/stars"
