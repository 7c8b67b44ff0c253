"""Process 1 of a sandbox: starts what the plan says, ends when the main command does."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from .children import Child, Children
from .launcher import Launcher
from .logs import LogFile
from .privileges import Identity

__all__ = ["main"]

_FIRST_DELAY, _LONGEST_DELAY = 1.0, 60.0
"""Seconds before a command that ended is started again; doubled each time it ends soon."""
_FAILED = 70
"""EX_SOFTWARE: the plan cannot be carried out."""
_USER_OOM_SCORE = 700
"""A notebook's code is killed for memory before the server, which keeps the starter's score."""


class Init:
    """Carries out a plan."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._logs = Path(plan["logs"])
        self._log = self._log_file("init")
        self._children = Children()
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Start everything, wait for the main command or SIGTERM; return the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        if self._plan["launcher"]:
            await self._serve_launcher(self._plan["launcher"])
        sides = [(side, self._listening(side)) for side in self._plan["side"]]
        main_command = self._start(self._plan["main"], None)
        for side, listening in sides:
            self._in_background(self._keep(side, listening))
        os.write(self._plan["ready_fd"], b"ready\n")
        os.close(self._plan["ready_fd"])
        return await self._until_the_end(main_command)

    async def _until_the_end(self, main_command: Child) -> int:
        stopping = asyncio.create_task(self._stopping.wait())
        ends: list[asyncio.Future[Any]] = [main_command.exited, stopping]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        self._stopping.set()
        self._log.line("stopping")
        await self._children.end_all(self._plan["grace_seconds"])
        code = main_command.exited.result() if main_command.exited.done() else 128 + signal.SIGKILL
        self._log.line(f"ended with {code}")
        return code

    async def _keep(self, side: dict[str, Any], listening: socket.socket | None) -> None:
        delay = _FIRST_DELAY
        while not self._stopping.is_set():
            started = time.monotonic()
            await self._once(side, listening)
            if not side["restart"] or self._stopping.is_set():
                return
            if time.monotonic() - started > _LONGEST_DELAY:
                delay = _FIRST_DELAY
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    async def _once(self, side: dict[str, Any], listening: socket.socket | None) -> None:
        try:
            code = await self._start(side, listening).exited
        except OSError as error:
            self._log.line(f"{side['name']} does not start: {error}")
        else:
            self._log.line(f"{side['name']} ended with {code}")

    def _start(self, command: dict[str, Any], listening: socket.socket | None) -> Child:
        output = self._logged(command["name"])
        try:
            return self._children.start(
                command["argv"],
                env=command["env"],
                identity=self._identity(command["who"], command["group"]),
                directory=command["directory"],
                output=output,
                listening=listening.fileno() if listening else None,
            )
        finally:
            os.close(output)

    def _identity(self, who: str, group: str) -> Identity:
        score = _USER_OOM_SCORE if who == "user" else self._plan["oom_score"]
        return Identity(self._plan["uids"][who], score, tuple(self._plan["groups"][group]))

    def _logged(self, name: str) -> int:
        """Return a descriptor to write to; what is written goes to the log of that name."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        log = self._log_file(name)
        loop = asyncio.get_running_loop()

        def read() -> None:
            with suppress(BlockingIOError):
                if text := os.read(reading, 65536):
                    log.write(text)
                else:
                    loop.remove_reader(reading)
                    os.close(reading)

        loop.add_reader(reading, read)
        return writing

    def _log_file(self, name: str) -> LogFile:
        return LogFile(self._logs / f"{name}.log", self._plan["log_bytes"])

    def _listening(self, side: dict[str, Any]) -> socket.socket | None:
        if side["listen_port"] is None:
            return None
        return socket.create_server(("127.0.0.1", side["listen_port"]), backlog=128)

    async def _serve_launcher(self, launcher: dict[str, Any]) -> None:
        await Launcher(
            self._children,
            self._log,
            self._plan["uids"]["server"],
            self._identity("user", launcher["group"]),
            launcher["program"],
            launcher["env"],
            launcher["directory"],
        ).serve(launcher["socket"])

    def _in_background(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def main() -> None:
    """Read the plan from the descriptor named by the first argument; exit as the main command."""
    plan_fd = int(sys.argv[1])
    with os.fdopen(plan_fd, "rb") as file:
        plan = json.load(file)
    for fd in [plan["ready_fd"], *(fd for fds in plan["groups"].values() for fd in fds)]:
        os.set_inheritable(fd, False)
    for fd in plan["groups"]["init"]:
        os.write(fd, b"0\n")
    os.umask(0o077)
    code = _carried_out(plan)
    Path(plan["exit_code"]).write_text(str(code), "ascii")
    sys.exit(code)


def _carried_out(plan: dict[str, Any]) -> int:
    async def run() -> int:
        return await Init(plan).run()

    try:
        return asyncio.run(run())
    except OSError as error:
        sys.stderr.write(f"the sandbox's init cannot carry out its plan: {error}\n")
        return _FAILED
