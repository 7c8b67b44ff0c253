"""Progress of long steps: a bar where somebody looks, lines where a log is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["shown_progress"]


@contextmanager
def shown_progress(console: Console) -> Iterator[Callable[[str, float], None]]:
    """Yield a function that is told the step (a sentence) and the share done, 0 to 1."""
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=1.0, visible=False)

        def report(step: str, done: float) -> None:
            progress.update(task, description=step, completed=done, visible=True)

        yield report


def _lines(console: Console) -> Callable[[str, float], None]:
    last = ""

    def report(step: str, done: float) -> None:
        nonlocal last
        if step != last:
            console.print(f"[{done:4.0%}] {step}")
            last = step

    return report
