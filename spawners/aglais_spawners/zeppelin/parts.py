"""The recipes of the runtime's parts. Each fills an empty directory."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from .workshop import AssemblyError

if TYPE_CHECKING:
    from pathlib import Path

    from .workshop import Progress, Workshop

__all__ = [
    "UNTRACKED",
    "build_webui",
    "compile_plugin",
    "fetch_libraries",
    "install_python",
    "join_home",
]

UNTRACKED = frozenset({"target", "node_modules", "dist", "test-results", "__pycache__"})
"""Folders that tools make inside the sources; no input of anything."""

_SHADED = "zeppelin-interpreter-shaded-*.jar"
"""What every interpreter needs and must find once only."""

_SPARK_JARS = re.compile(
    r"(spark-interpreter|spark\d?-shims|spark-shims|zeppelin-(display|kotlin|python)|r"
    r"|zeppelin-jupyter-interpreter(-shaded)?|commons-exec|jsoup|kotlin-.*)-[\d.]+\.jar"
)
"""The jars of Zeppelin's Spark interpreter that Spark does not bring in a newer version itself."""

_PLACEHOLDER = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Zeppelin</title>
<h1>Zeppelin is running</h1><p>This build has no web UI; the REST API is at <code>api/</code>.</p>
</html>
"""


def fetch_libraries(shop: Workshop, sources: Path, target: Path, progress: Progress) -> None:
    """Fill `lib/` and `interpreter/` from the Maven registry."""
    with shop.scratch() as copy:
        _copy_sources(sources, copy)
        command = [*_maven(copy), "-pl", ":distribution", "-amd", "package"]
        command.append(f"-Dzeppelin.home={target}")
        shop.run("zeppelin-libraries", command, cwd=copy, progress=progress)
    _tidy_interpreters(target / "interpreter")


def _copy_sources(sources: Path, copy: Path) -> None:
    """Build from a copy: the checkout may be read-only, and two builds may run at once."""
    shutil.copytree(
        sources, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("webapp", *UNTRACKED)
    )


def _maven(project: Path) -> list[str]:
    return ["mvn", "--batch-mode", "--file", str(project / "pom.xml"), "-DskipTests"]


def _tidy_interpreters(interpreters: Path) -> None:
    shaded = sorted(interpreters.glob(f"*/{_SHADED}"))
    if not shaded:
        raise AssemblyError("The registry gave no zeppelin-interpreter-shaded jar.")
    shaded[0].rename(interpreters / shaded[0].name)
    for copy in shaded[1:]:
        copy.unlink()
    spark = interpreters / "spark"
    for jar in spark.glob("*.jar"):
        if not _SPARK_JARS.fullmatch(jar.name):
            jar.unlink()
    (spark / "scala-2.12").mkdir()  # Zeppelin lists it without asking whether it is there


def compile_plugin(shop: Workshop, sources: Path, target: Path, progress: Progress) -> None:
    """Compile the jars of our own."""
    with shop.scratch() as copy:
        _copy_sources(sources, copy)
        command = [*_maven(copy), "-pl", ":plugin,:spark-bridge,:interpreters", "package"]
        shop.run("zeppelin-plugin", command, cwd=copy, progress=progress)
        for module in ("plugin", "spark-bridge", "interpreters"):
            for jar in (copy / module / "target").glob("*.jar"):
                shutil.copy(jar, target / f"{module}.jar")


def build_webui(shop: Workshop, sources: Path, target: Path, progress: Progress) -> None:
    """Build our web UI, or a page that says there is none."""
    webapp = sources / "webapp"
    if not (webapp / "package-lock.json").is_file():
        (target / "index.html").write_text(_PLACEHOLDER)
        return
    with shop.scratch() as copy:
        shutil.copytree(webapp, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*UNTRACKED))
        shop.run("webui-packages", ["npm", "ci"], cwd=copy, progress=progress)
        shop.run("webui", ["npm", "run", "build"], cwd=copy, progress=progress)
        shutil.copytree(copy / "dist", target, dirs_exist_ok=True)


def install_python(
    shop: Workshop, sources: Path, target: Path, progress: Progress, interpreter: str
) -> None:
    """Make a virtual environment with Spark and what analyses need."""
    folder = sources / "distribution" / "python"
    venv = [interpreter, "-m", "venv", str(target)]
    shop.run("python-venv", venv, cwd=target, progress=progress)
    # By module, not by script: the scripts name the directory of the draft.
    pip = [str(target / "bin" / "python"), "-m", "pip", "install", "--use-pep517"]
    requirements = ["--requirement", str(folder / "requirements.txt")]
    shop.run("python-packages", [*pip, *requirements], cwd=target, progress=progress)
    site = next((target / "lib").glob("python3*/site-packages"))
    shutil.copy(folder / "aglais_zeppelin_compat.py", site)
    (site / "aglais_zeppelin_compat.pth").write_text("import aglais_zeppelin_compat\n")
    (target / "spark").symlink_to((site / "pyspark").relative_to(target))
    for script in (target / "bin").iterdir():
        _free_of_place(script)


def _free_of_place(script: Path) -> None:
    """Let a script start the Python beside it, wherever the environment is mounted."""
    if script.is_symlink() or not script.is_file():
        return
    first, _, rest = script.read_bytes().partition(b"\n")
    if first.startswith(b"#!") and first.endswith((b"/bin/python", b"/bin/python3")):
        polyglot = b"#!/bin/sh\n'''exec' \"$(dirname \"$0\")/python\" \"$0\" \"$@\"\n' '''\n"
        script.write_bytes(polyglot + rest)


def join_home(sources: Path, libraries: Path, plugin: Path, webui: Path, target: Path) -> None:
    """Make Zeppelin's home directory out of the parts, by hard links."""
    link_tree(libraries, target)
    shutil.copytree(sources / "distribution" / "home", target, dirs_exist_ok=True)
    _link(plugin / "plugin.jar", target / "lib" / "aglais-zeppelin-plugin.jar")
    repository = target / "plugins" / "NotebookRepo" / "HubNotebookRepo"
    _link(plugin / "plugin.jar", repository / "aglais-zeppelin-plugin.jar")
    _link(plugin / "interpreters.jar", target / "interpreter" / "aglais-interpreters.jar")
    bridge = target / "interpreter" / "spark" / "scala-bridge"
    _link(plugin / "spark-bridge.jar", bridge / "aglais-spark-bridge.jar")
    brings_own_ui = any(target.glob("zeppelin-web*.war")) or any(
        target.glob("lib/zeppelin-web*.war")
    )
    if not brings_own_ui:
        link_tree(webui, target / "zeppelin.war")


def link_tree(source: Path, target: Path) -> None:
    """Copy a tree by hard links."""
    shutil.copytree(source, target, dirs_exist_ok=True, copy_function=os.link)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)
