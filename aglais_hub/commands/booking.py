"""What is available and what is booked, in the terminal: ``aglais booking --help``."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aglais_hub.calendar import PERIODS, UnknownZoneError, zone_named
from aglais_hub.client import ServiceClients
from aglais_hub.config import ConfigurationError
from aglais_hub.errors import AglaisError
from aglais_hub.models.availability import (
    Availability,
    AvailabilityRequest,
    CellState,
    Granularity,
)
from aglais_hub.models.booking import Sharing
from aglais_hub.models.bookings import Booking, BookingState
from aglais_hub.pictures import drawn
from aglais_hub.platform.access import reached_clients
from aglais_hub.web.forms import problems_of
from aglais_hub.web.show import parse_size

__all__ = ["app"]

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="What is available, and what is booked.")
console = Console()

STYLES = {
    CellState.AVAILABLE: "green",
    CellState.TAKEN: "red",
    CellState.MINE: "bold cyan",
    CellState.CLOSED: "dim",
    CellState.PAST: "dim",
}
"""Colours on a terminal; the characters say the same without."""

LOCALTIME = Path("/etc/localtime")


def local_zone() -> str:
    """Return the name of this machine's time zone; UTC where it has no name."""
    link = str(LOCALTIME.resolve()).partition("zoneinfo/")[2]
    for name in (os.environ.get("TZ", "").lstrip(":"), link):
        try:
            return zone_named(name).key
        except UnknownZoneError:
            continue
    return "UTC"


@app.command()
def availability(
    package: Annotated[
        list[str] | None, typer.Option("--package", "-p", help="Once for each; none: all")
    ] = None,
    *,
    period: Annotated[str | None, typer.Option(help=f"One of {', '.join(PERIODS)}")] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="Day or month, such as 2026-05-25 or 2026-05")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last day or month, itself included")
    ] = None,
    by: Annotated[Granularity | None, typer.Option(help="How long a column is")] = None,
    zone: Annotated[
        str | None, typer.Option(help="Time zone, such as Europe/London; none: this machine's")
    ] = None,
    cores: Annotated[float | None, typer.Option(help="Of a size of your own")] = None,
    memory: Annotated[str | None, typer.Option(help="Of it, such as 64GiB")] = None,
    gpus: Annotated[int | None, typer.Option(help="Of it")] = None,
    sharing: Annotated[Sharing | None, typer.Option(help="Of what would be booked")] = None,
    site: Annotated[str | None, typer.Option(help="Where; none: anywhere")] = None,
    hardware: Annotated[
        list[str] | None, typer.Option(help="What the machines must have; once for each")
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="Whose bookings are marked; none: your own")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a picture")] = False,
) -> None:
    """Show what of the packages is available when."""
    asked = {
        "package": package, "period": period, "first": first, "last": last, "by": by,
        "zone": zone or local_zone(), "cores": cores, "memory_bytes": _bytes(memory),
        "gpus": gpus, "sharing": sharing, "site": site, "hardware": hardware, "account": account,
    }  # fmt: skip
    request = _request({name: value for name, value in asked.items() if value is not None})
    found = _ask(lambda clients: clients.booking.availability(request))
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
    else:
        _draw(found)


def _bytes(text: str | None) -> int | None:
    try:
        return None if text is None else parse_size(text)
    except ValueError as wrong:
        raise ConfigurationError(f"--memory: {wrong}") from None


def _request(asked: dict[str, Any]) -> AvailabilityRequest:
    try:
        return AvailabilityRequest(**asked)
    except ValidationError as invalid:
        raise ConfigurationError(" ".join(problems_of(invalid).values())) from None


def _ask(question: Callable[[ServiceClients], Awaitable[T]]) -> T:
    """Ask the platform; what it refuses ends the command with its sentence."""

    async def ask() -> T:
        clients = reached_clients()
        try:
            return await question(clients)
        finally:
            await clients.close()

    try:
        return asyncio.run(ask())
    except AglaisError as refused:
        raise ConfigurationError(refused.message) from None


def _draw(found: Availability) -> None:
    """Print the picture; a line is never broken, however wide it is."""
    for line in drawn(found):
        text = Text()
        for words, state in line:
            text.append(words, style=STYLES[state] if state else None)
        text.rstrip()
        console.print(text, soft_wrap=True)


@app.command("list")
def list_bookings(
    *,
    account: Annotated[str | None, typer.Option(help="Whose; none: all that you may see")] = None,
    state: Annotated[BookingState | None, typer.Option(help="Only those in this state")] = None,
    zone: Annotated[
        str | None, typer.Option(help="Time zone of the times; none: this machine's")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table")] = False,
) -> None:
    """List bookings: your own, or all if you may see them."""
    try:
        shown_in = zone_named(zone or local_zone())
    except UnknownZoneError as unknown:
        raise ConfigurationError(unknown.message) from None
    accounts = [account] if account else []
    found = _ask(lambda clients: clients.booking.bookings(*accounts, state=state))
    if as_json:
        sys.stdout.write(f"[{','.join(one.model_dump_json() for one in found)}]\n")
        return
    table = Table("from", "up to", "package", "state", "account", "name", "id", box=None)
    for booking in sorted(found, key=_start):
        times = (booking.starts_at.astimezone(shown_in), booking.ends_at.astimezone(shown_in))
        table.add_row(
            *(f"{moment:%Y-%m-%d %H:%M}" for moment in times),
            booking.package,
            booking.state.value,
            booking.account,
            Text(booking.name),
            booking.id,
        )
    console.print(table if found else "There are no bookings.")


def _start(booking: Booking) -> tuple[Any, str]:
    return (booking.starts_at, booking.id)
