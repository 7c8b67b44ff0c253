"""The command line of the platform: ``aglais --help``."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from aglais_hub.client import ServiceClients
from aglais_hub.commands import booking
from aglais_hub.config import ConfigurationError
from aglais_hub.errors import AglaisError, NotFound, OperatorError
from aglais_hub.models.accounts import AccountRequest, Level
from aglais_hub.models.identities import LoginTokenRequest
from aglais_hub.platform.access import clients_of, require_home
from aglais_hub.platform.settings import PORT_NAMES, Platform
from aglais_hub.scopes import ADMINS

__all__ = ["app"]


class OneLine(TyperGroup):
    """Commands that end with one line, not with a trace, where the machine is at fault."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OperatorError as failed:
            raise ConfigurationError(_line(str(failed))) from None
        except OSError as failed:
            where = f"{failed.filename}: " if failed.filename else ""
            raise ConfigurationError(_line(f"{where}{failed.strerror or failed}")) from None


def _line(text: str) -> str:
    return " ".join(text.split())


app = typer.Typer(
    cls=OneLine,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="aglais: notebooks with Spark beside the data, on machines that are shared fairly.",
)
app.add_typer(booking.app, name="booking")
console = Console()

DAY = 86_400


@app.command()
def build() -> None:
    """Build what sessions need (Zeppelin, Spark, the web UI, the proxy); nothing twice."""
    platform = Platform.load()
    _use_own_node()
    from aglais_hub.platform.progress import shown_progress
    from aglais_hub.platform.proxy import install_proxy

    install_proxy(platform.cache)
    for entry in entry_points(group="aglais.builds"):
        with shown_progress(console) as report:
            entry.load()(platform.cache, report)


def _tell(line: str) -> None:
    """Print a line as it is: no words of it are commands, and a link is not broken."""
    console.print(line, markup=False, soft_wrap=True)


@app.command()
def up() -> None:
    """Start the platform on this machine, until Ctrl-C."""
    from aglais_hub.platform.proxy import install_proxy
    from aglais_hub.platform.supervisor import Supervisor

    platform = Platform.load()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    _use_own_node()
    supervisor = Supervisor(platform, [], _tell)
    supervisor.check()
    build()
    supervisor.proxy_command = install_proxy(platform.cache)
    console.print(f"Starting; the log is {platform.log}")
    asyncio.run(supervisor.run())


@app.command()
def status() -> None:
    """Say which parts of the platform answer, and who is on it."""
    if not asyncio.run(_status(Platform.load())):
        raise typer.Exit(1)


async def _status(platform: Platform) -> bool:
    clients = clients_of(platform)
    table = Table("part", "state", box=None)
    healthy = True
    for name in PORT_NAMES[2:]:
        path = f"{platform.url}services/{name}/health"
        try:
            state = (await clients.hub.http.get(path)).json()["status"]
        except Exception as failure:  # any way of not answering is the answer
            healthy, state = False, f"does not answer ({type(failure).__name__})"
        table.add_row(name, state)
    try:
        users = await clients.hub.users()
        sessions = sum(bool(user["servers"]) for user in users)
        table.add_row("hub", f"ok, {len(users)} users, {sessions} sessions")
    except AglaisError as failure:
        healthy = False
        table.add_row("hub", failure.message)
    await clients.close()
    console.print(table)
    return healthy


@app.command()
def token(
    name: Annotated[str, typer.Argument(help="Hub user; made if there is none")],
    *,
    admin: Annotated[bool, typer.Option(help="Make it an administrator")] = False,
    days: Annotated[int, typer.Option(help="How long the token is valid, days", min=1)] = 30,
) -> None:
    """Print an API token of the local platform, for the REST API and scripts."""
    try:
        sys.stdout.write(asyncio.run(_token(Platform.load(), name, admin, days)) + "\n")
    except AglaisError as refused:
        raise ConfigurationError(refused.message) from None


async def _token(platform: Platform, name: str, admin: bool, days: int) -> str:
    clients = clients_of(platform)
    await _ensure_account(clients, name)
    await clients.hub.ensure_user(name)
    if admin:
        await clients.hub.join_group(ADMINS, name)
    made = await clients.hub.create_token(name, "aglais token", days * DAY)
    await clients.close()
    return made


async def _ensure_account(clients: ServiceClients, name: str) -> None:
    try:
        await clients.accounts.account(name)
    except NotFound:
        await clients.accounts.create_account(AccountRequest(name=name, level=Level.BASIC))


@app.command()
def login(name: Annotated[str, typer.Argument(help="Account; made if there is none")]) -> None:
    """Print a link that logs somebody in, once within a minute; an administrator's first way in."""
    try:
        sys.stdout.write(asyncio.run(_login(Platform.load(), name)) + "\n")
    except AglaisError as refused:
        raise ConfigurationError(refused.message) from None


async def _login(platform: Platform, name: str) -> str:
    clients = clients_of(platform)
    await _ensure_account(clients, name)
    made = await clients.accounts.login_token(name, LoginTokenRequest())
    await clients.close()
    return made.url


@app.command("rotate-keys")
def rotate_keys() -> None:
    """Encrypt what is kept secret anew, with a new key; the platform has to be stopped."""
    from aglais_hub.hub import installed_services, service_environment
    from aglais_hub.platform.checks import hold_home

    platform = Platform.load()
    require_home(platform)
    with hold_home(platform):
        for service in installed_services():
            if service.rotate is not None:
                environment = service_environment(service, platform)
                done = asyncio.run(service.rotate(environment, platform.home))
                console.print(f"{service.name}: {done}")


def _use_own_node() -> None:
    """Prefer the node that was installed beside this Python to the system's, which may be old."""
    here = str(Path(sys.executable).parent)
    os.environ["PATH"] = f"{here}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
