"""Asks the session's launcher to start an interpreter, and stays until that ends.

The far side starts it as another user with a clean environment. It gets the variables named here and no other: what
the Zeppelin server knows is not for notebooks. Closing the connection ends the interpreter, so this process stands
for it: when Zeppelin kills this one, the interpreter goes too.
"""

import json
import os
import re
import shutil
import socket
import sys

ALLOWED = re.compile(
    r"INTERPRETER_GROUP_ID|ZEPPELIN_(INTP_MEM|SPARK_CONF)|JAVA_INTP_OPTS|AGLAIS_PYTHON|PYSPARK_\w+"
    r"|SPARK_(HOME|LOCAL_IP|MASTER|PUBLIC_DNS)|(RESOURCES_|resources\.)[\w.]+"
)
"""What Zeppelin computes for an interpreter, and the package of the session."""


def main(launcher: str, program: str, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if ALLOWED.fullmatch(name)}
    request = {"argv": [program, *arguments], "env": environment}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(launcher)
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb", buffering=0) as output:
            shutil.copyfileobj(output, sys.stdout.buffer.raw)


main(*sys.argv[1:])
