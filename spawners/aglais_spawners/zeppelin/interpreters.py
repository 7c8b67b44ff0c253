"""The settings of a session's interpreters, as Zeppelin reads them from interpreter.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .memory import Heaps, cores, share_out

if TYPE_CHECKING:
    from .session import ZeppelinSession

__all__ = ["interpreter_environment", "interpreter_settings", "spark_properties"]

_QUICK = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData"
"""For processes that do little work of their own."""


def interpreter_environment(session: ZeppelinSession) -> dict[str, str]:
    """
    Return the variables that each process of the notebook's user starts with.

    The package stands under its dotted names and, for what cannot read those, as `RESOURCES_*`.
    """
    resources = session.resources()
    plain = {name.upper().replace(".", "_"): value for name, value in resources.items()}
    return {
        **resources,
        **plain,
        "AGLAIS_PYTHON": session.paths.python,
        "HOME": session.paths.temp,
        "LANG": "C.UTF-8",
        "PATH": f"{session.paths.python}/bin:/usr/local/bin:/usr/bin:/bin",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "USER": session.owner,
    }


def interpreter_settings(session: ZeppelinSession) -> str:
    """Return interpreter.json."""
    heaps = share_out(session.limits)
    settings = {
        "md": _setting("md", {"markdown.parser.type": "flexmark", **_jvm(session, heaps)}),
        "python": _setting("python", {**_python(session), **_jvm(session, heaps)}),
        "spark": _setting("spark", _spark(session, heaps)),
    }
    document = {"interpreterSettings": settings, "interpreterRepositories": []}
    return json.dumps(document, indent=1)


def _setting(name: str, properties: dict[str, str]) -> dict[str, object]:
    return {
        "id": name,
        "name": name,
        "group": name,
        "properties": {
            key: {"name": key, "value": value, "type": "string"}
            for key, value in properties.items()
        },
        "status": "READY",
        "dependencies": [],
        "option": {
            "remote": True,
            "port": -1,
            "perNote": "shared",
            "perUser": "shared",
            "isExistingProcess": False,
            "setPermission": False,
            "owners": [],
            "isUserImpersonate": False,
        },
    }


def _jvm(session: ZeppelinSession, heaps: Heaps) -> dict[str, str]:
    """Zeppelin hands properties with names in capitals to the process as variables."""
    return {
        "ZEPPELIN_INTP_MEM": f"-Xmx{heaps.interpreter}m {_QUICK} {_processors(session)}",
        "JAVA_INTP_OPTS": _system_properties(session),
    }


def _processors(session: ZeppelinSession) -> str:
    return f"-XX:ActiveProcessorCount={cores(session.limits.frontend)}"


def _system_properties(session: ZeppelinSession) -> str:
    return " ".join(f"-D{name}={value}" for name, value in session.resources().items())


def _python(session: ZeppelinSession) -> dict[str, str]:
    return {
        "zeppelin.python": f"{session.paths.python}/bin/python",
        "zeppelin.python.maxResult": "1000",
        "zeppelin.python.useIPython": "false",
    }


def _spark(session: ZeppelinSession, heaps: Heaps) -> dict[str, str]:
    return {
        "SPARK_HOME": f"{session.paths.zeppelin}/spark",
        "JAVA_INTP_OPTS": f"{_system_properties(session)} {_processors(session)}",
        "zeppelin.spark.enableSupportedVersionCheck": "false",
        "zeppelin.spark.useHiveContext": "false",
        "zeppelin.spark.scala.color": "false",
        "zeppelin.spark.maxResult": "1000",
        "zeppelin.spark.deprecatedMsg.show": "false",
        "zeppelin.pyspark.useIPython": "false",
        **spark_properties(session, heaps),
    }


def spark_properties(session: ZeppelinSession, heaps: Heaps) -> dict[str, str]:
    """Return Spark's own configuration of the session: one driver, one executor per worker."""
    per_worker = cores(session.limits.worker)
    total = per_worker * session.limits.worker_count
    python = f"{session.paths.python}/bin/python"
    return {
        "spark.master": f"spark://127.0.0.1:{session.spark_port}",
        "spark.app.name": f"{session.owner}'s notebooks",
        "spark.submit.deployMode": "client",
        "spark.cores.max": str(total),
        "spark.executor.cores": str(per_worker),
        "spark.executor.memory": f"{heaps.executor}m",
        "spark.executor.extraJavaOptions": _system_properties(session),
        "spark.driver.memory": f"{heaps.driver}m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.default.parallelism": str(max(2, total)),
        "spark.sql.shuffle.partitions": str(max(8, 4 * total)),
        "spark.sql.warehouse.dir": f"{session.paths.temp}/spark-warehouse",
        "spark.local.dir": session.paths.spark_local,
        "spark.pyspark.python": python,
        "spark.pyspark.driver.python": python,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **_told_to_executors(session),
    }


def _told_to_executors(session: ZeppelinSession) -> dict[str, str]:
    told: dict[str, str] = {}
    for name, value in session.resources().items():
        told[f"spark.aglais.{name}"] = value
        told[f"spark.executorEnv.{name}"] = value
        told[f"spark.executorEnv.{name.upper().replace('.', '_')}"] = value
    return told
