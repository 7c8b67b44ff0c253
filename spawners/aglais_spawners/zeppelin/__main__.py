"""`python -m aglais_spawners.zeppelin` builds the runtime and prints where it is."""

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from .assembly import AssemblyError, assemble, default_cache


def main() -> int:
    """Assemble with a progress bar; the exit status is 1 when it failed."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("Looking at the cache", total=1.0)
            runtime = assemble(
                default_cache(),
                lambda message, done: progress.update(task, description=message, completed=done),
            )
    except AssemblyError as e:
        console.print(f"[bold red]error:[/] {e}", highlight=False)
        return 1
    print(f"zeppelin {runtime.zeppelin}\npython   {runtime.python}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
