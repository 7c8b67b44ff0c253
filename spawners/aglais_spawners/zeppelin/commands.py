"""The processes of a session: what to run, as whom, within which limit. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from .interpreters import interpreter_environment
from .memory import Heaps, cores, share_out

if TYPE_CHECKING:
    from .session import ZeppelinSession

__all__ = ["Command", "Role", "commands", "directories"]

_DAEMON = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto")
"""Quick to boot and small; what such a process computes is not worth optimizing code for."""


class Role(StrEnum):
    """The user that a process runs as."""

    SERVER = "server"
    """Knows the session's secrets."""
    NOTEBOOK = "notebook"
    """Runs the notebook's code."""


@dataclass(frozen=True)
class Command:
    """One process of the session."""

    name: str
    role: Role
    unit: str
    """Which limit it runs in: `front`, or `worker-N`."""
    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    """All of its environment."""


def commands(session: ZeppelinSession) -> tuple[Command, ...]:
    """Return the session's processes in the order in which to start them."""
    heaps = share_out(session.limits)
    workers = (
        _spark_worker(session, heaps, number)
        for number in range(1, session.limits.worker_count + 1)
    )
    return (_server(session, heaps), _spark_master(session, heaps), *workers)


def directories(session: ZeppelinSession) -> tuple[str, ...]:
    """Return the directories that the server writes to and that must be there, owned by it."""
    run = session.paths.run
    return (f"{run}/conf", f"{run}/logs", f"{run}/scratch", f"{run}/local-repo", f"{run}/recovery")


def _server(session: ZeppelinSession, heaps: Heaps) -> Command:
    paths = session.paths
    argv = (
        paths.java,
        f"-Xmx{heaps.server}m",
        *_DAEMON,
        f"-XX:ActiveProcessorCount={cores(session.limits.frontend)}",
        "-Dfile.encoding=UTF-8",
        "-Djava.net.preferIPv4Stack=true",
        f"-Djava.io.tmpdir={paths.run}/scratch",
        f"-Dzeppelin.home={paths.zeppelin}",
        f"-Daglais.door={paths.run}/door.properties",
        f"-Daglais.notes.root={paths.notebooks}",
        f"-Daglais.notes.tests={str(session.show_tests).lower()}",
        f"-Daglais.notes.max={session.notes.max_notes}",
        f"-Daglais.notes.max-bytes={session.notes.max_note_bytes}",
        "-cp",
        f"{paths.run}/conf:{paths.zeppelin}/lib/*",
        "org.apache.zeppelin.server.ZeppelinServer",
    )
    return Command("zeppelin", Role.SERVER, "front", argv, _server_environment(session))


def _server_environment(session: ZeppelinSession) -> dict[str, str]:
    paths = session.paths
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": paths.run,
        "LANG": "C.UTF-8",
        "ZEPPELIN_HOME": paths.zeppelin,
        "ZEPPELIN_CONF_DIR": f"{paths.run}/conf",
        "ZEPPELIN_LOG_DIR": f"{paths.run}/logs",
        "ZEPPELIN_IDENT_STRING": "session",
        "ZEPPELIN_LOCAL_IP": "127.0.0.1",
        "AGLAIS_PYTHON": paths.python,
    }
    if session.launcher:
        environment["AGLAIS_LAUNCHER"] = session.launcher
    return environment


def _spark_master(session: ZeppelinSession, heaps: Heaps) -> Command:
    argv = (
        *_spark_jvm(session, heaps.master, cores(session.limits.frontend)),
        "org.apache.spark.deploy.master.Master",
        *("--host", "127.0.0.1", "--port", str(session.spark_port), "--webui-port", "0"),
    )
    return Command("spark-master", Role.NOTEBOOK, "front", argv, _spark_environment(session))


def _spark_worker(session: ZeppelinSession, heaps: Heaps, number: int) -> Command:
    name = f"worker-{number}"
    worker_cores = cores(session.limits.worker)
    argv = (
        *_spark_jvm(session, heaps.worker, worker_cores),
        "org.apache.spark.deploy.worker.Worker",
        *("--host", "127.0.0.1", "--port", "0", "--webui-port", "0"),
        *("--cores", str(worker_cores), "--memory", f"{heaps.executor}m"),
        *("--work-dir", f"{session.paths.spark_local}/spark-{name}"),
        f"spark://127.0.0.1:{session.spark_port}",
    )
    return Command(f"spark-{name}", Role.NOTEBOOK, name, argv, _spark_environment(session))


def _spark_jvm(session: ZeppelinSession, heap: int, processors: int) -> tuple[str, ...]:
    jars = f"{session.paths.zeppelin}/interpreter-conf:{_spark_home(session)}/jars/*"
    return (
        session.paths.java,
        f"-Xmx{heap}m",
        *_DAEMON,
        f"-XX:ActiveProcessorCount={processors}",
        "-Djava.net.preferIPv4Stack=true",
        "-cp",
        jars,
    )


def _spark_home(session: ZeppelinSession) -> str:
    """Where the assembly links the PySpark of the session's Python, whatever its version."""
    return f"{session.paths.python}/spark"


def _spark_environment(session: ZeppelinSession) -> dict[str, str]:
    return {
        **interpreter_environment(session),
        "SPARK_HOME": _spark_home(session),
        # Spark would look for the build directories of its own sources to find this out.
        "SPARK_SCALA_VERSION": "2.12",
        "SPARK_LOCAL_DIRS": session.paths.spark_local,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
