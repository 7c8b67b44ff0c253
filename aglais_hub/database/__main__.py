"""Write a new migration: ``python -m aglais_hub.database aglais_<service> "What it does"``."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.script import ScriptDirectory

from aglais_hub.database.migrations import migration_config

TEMPLATE = "script.py.mako"


def write_migration(
    package: Annotated[str, typer.Argument(help="Such as aglais_accounts")],
    message: Annotated[str, typer.Argument(help="What it does, a few words")],
) -> None:
    """Compare a service's tables with its migrations and write the one that is missing."""
    found = importlib.import_module(package).__file__
    folder = Path(str(found)).parent / "migrations"
    with tempfile.TemporaryDirectory() as scratch:
        config = migration_config(package, f"sqlite:///{scratch}/now.db")
        command.upgrade(config, "head")
        heads = ScriptDirectory.from_config(config).get_heads()
        number = f"{int(heads[0]) + 1 if heads else 1:04}"
        template = shutil.copy(Path(__file__).parent / TEMPLATE, folder / TEMPLATE)
        command.revision(config, message, autogenerate=True, rev_id=number)
        Path(template).unlink()


typer.run(write_migration)
