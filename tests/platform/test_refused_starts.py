"""A start that cannot be ends with one line that says what to do, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aglais_hub.cli import app
from aglais_hub.config import ConfigurationError
from aglais_hub.errors import OperatorError
from aglais_hub.platform.checks import check_settings
from aglais_hub.platform.proxy import PROXY_VERSION
from aglais_hub.platform.settings import Platform
from aglais_hub.platform.supervisor import TOOLS, Supervisor
from aglais_spawners.sandbox import SandboxError
from aglais_spawners.zeppelin import AssemblyError
from tests.support.mounts import small_disk
from tests.support.platform import AGLAIS, free_port

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that may not have been made after a refusal; short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="aglais-") as folder:
        yield Path(folder) / "home"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache in which the proxy is already, so that no registry is asked for it."""
    script = "node_modules/configurable-http-proxy/bin/configurable-http-proxy"
    proxy = tmp_path / "cache" / f"proxy-{PROXY_VERSION}" / script
    proxy.parent.mkdir(parents=True)
    proxy.touch()
    return tmp_path / "cache"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder to be PATH, with all that sessions need."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to("/bin/true")
    return folder


def refusal(home: Path, *command: str, **settings: str) -> str:
    """Run ``aglais`` and return the one line that it ends with."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AGLAIS_")}
    own = {"AGLAIS_HOME": str(home), "AGLAIS_PORT": str(free_port())}
    done = subprocess.run(
        command or [str(AGLAIS), "up"], env=clean | own | settings, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize("port", ["http", "65536", "²"])
def test_what_is_no_port_is_refused(home: Path, port: str) -> None:
    assert refusal(home, AGLAIS_PORT=port).startswith(f"AGLAIS_PORT: {port} is not a port")
    assert not home.exists()


@needs_root
def test_a_provider_s_misspelt_key_is_refused_by_name(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "providers.json"
    file.write_text('{"github": {"class": "github", "client_id": "x", "clientsecret": "hidden"}}')
    line = refusal(home, AGLAIS_PROVIDERS=str(file))
    assert line.startswith("AGLAIS_PROVIDERS: github: clientsecret is not a setting")
    assert "client_secret" in line
    assert "hidden" not in line
    assert not home.exists()


@needs_root
def test_an_ordinary_user_is_told_of_root(home: Path) -> None:
    as_nobody = ["setpriv", "--reuid=nobody", "--clear-groups", str(AGLAIS), "up"]
    try:
        subprocess.run([*as_nobody[:3], str(AGLAIS), "--help"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nobody may not read this checkout")
    assert "needs root" in refusal(home, *as_nobody)
    assert not home.exists()


@needs_root
class TestAsRoot:
    """What is looked at only after root is there."""

    def test_a_port_that_is_in_use_is_named(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            said = refusal(home, AGLAIS_PORT=str(port))
        assert said.startswith(f"Port {port} is in use.")
        assert not home.exists()

    @pytest.mark.parametrize("missing", ["bwrap", "mkfs.ext4"])
    def test_a_missing_program_is_named(self, home: Path, tools: Path, missing: str) -> None:
        (tools / missing).unlink()
        assert refusal(home, PATH=str(tools)).startswith(f"Missing: {missing}.")
        assert not home.exists()

    def test_a_disk_that_is_nearly_full_is_named(self, small: Path) -> None:
        said = refusal(small / "home")
        assert said.startswith(f"{small / 'home'} has 0.0 GiB free")
        assert not (small / "home").exists()

    def test_a_home_that_is_too_long_for_sockets_is_refused_before_anything(
        self, tmp_path: Path
    ) -> None:
        long = tmp_path / ("x" * 60)
        said = refusal(long)
        assert said.startswith("The path of AGLAIS_HOME is ")
        assert "too long for the sockets" in said
        assert not long.exists()

    def test_a_home_that_is_no_folder_is_named(self, home: Path) -> None:
        home.touch()
        assert str(home) in refusal(home)

    def test_a_second_platform_in_one_home_is_refused(self, home: Path) -> None:
        (home / "run").mkdir(parents=True)
        with (home / "run" / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            said = refusal(home)
        assert said == f"The platform in {home} is running already; see `aglais status`."

    def test_the_running_platform_is_named_rather_than_its_port(self, home: Path) -> None:
        (home / "run").mkdir(parents=True)
        with (
            (home / "run" / "lock").open("w") as lock,
            socket.create_server(("127.0.0.1", 0)) as server,
        ):
            fcntl.flock(lock, fcntl.LOCK_EX)
            said = refusal(home, AGLAIS_PORT=str(server.getsockname()[1]))
        assert "running already" in said

    def test_a_setting_that_no_service_knows_stops_the_start(self, home: Path) -> None:
        said = refusal(home, AGLAIS_ACCOUNTS_XYZ="1")
        assert said.startswith("AGLAIS_ACCOUNTS_XYZ is not a setting")
        assert not home.exists()


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("AGLAIS_ACCOUNTS_GUESTLIMIT", "1", "did you mean AGLAIS_ACCOUNTS_GUEST_LIMIT?"),
        ("AGLAIS_ACCOUNTS_GUEST_LIMIT", "many", "AGLAIS_ACCOUNTS_GUEST_LIMIT: Input should be"),
        ("AGLAIS_BOOKING_EMBEDDED_CORES", "-1", "AGLAIS_BOOKING_EMBEDDED_CORES: "),
        ("AGLAIS_BOOKING_SESSION_SECONDS", "{", "AGLAIS_BOOKING_SESSION_SECONDS: "),
        ("AGLAIS_STORAGE_BACKEND", "tape", "AGLAIS_STORAGE_BACKEND: "),
        ("AGLAIS_PROT", "8001", "AGLAIS_PROT is not a setting; did you mean AGLAIS_PORT?"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    setting: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, value)
    with pytest.raises(ConfigurationError, match=re.escape(said)) as refused:
        check_settings(Platform.load())
    assert "\n" not in str(refused.value)


def test_two_wrong_settings_are_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGLAIS_ACCOUNTS_XYZ", "1")
    monkeypatch.setenv("AGLAIS_ACCOUNTS_GUEST_LIMIT", "many")
    with pytest.raises(ConfigurationError, match=r"GUEST_LIMIT: .*XYZ is not a setting"):
        check_settings(Platform.load())


@pytest.fixture
def small(home: Path) -> Iterator[Path]:
    """A disk of one MiB."""
    with small_disk(home.with_name("disk")) as disk:
        yield disk


def test_a_build_that_fails_says_what_is_missing(home: Path, tools: Path, cache: Path) -> None:
    said = refusal(
        home, str(AGLAIS), "build", AGLAIS_CACHE=str(cache), PATH=str(tools),
    )  # fmt: skip
    assert said.startswith("mvn is missing. Install Maven")


def test_a_cache_that_cannot_be_written_is_named(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refusal(home, str(AGLAIS), "build", AGLAIS_CACHE=str(tmp_path / "file" / "cache"))
    assert str(tmp_path / "file" / "cache") in said


@pytest.mark.parametrize("command", [["status"], ["token", "alice"]])
def test_a_question_to_a_platform_that_never_ran_is_answered(
    home: Path, command: list[str]
) -> None:
    said = refusal(home, str(AGLAIS), *command)
    assert said == f"No platform has run in {home}: start one with `make run`."


@pytest.mark.parametrize("kind", [AssemblyError, SandboxError, OperatorError])
def test_errors_of_builders_and_sandboxes_are_one_line(
    kind: type[OperatorError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_supervisor: Supervisor) -> None:
        raise kind("This is wrong:\n  do that.")

    monkeypatch.setattr(Supervisor, "check", refuse)
    done = CliRunner().invoke(app, ["up"])
    assert done.exit_code == 1
    assert done.output == "This is wrong: do that.\n"
