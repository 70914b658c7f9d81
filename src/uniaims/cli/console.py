"""What the program shows: messages, tables and progress bars."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from uniaims.names import shown
from uniaims.progress import Progress as Report

if TYPE_CHECKING:
    from uniaims.pages.units import Noun

LINE_SECONDS = 30.0
"""Where there is no terminal, progress is a line in the log every so often."""
STAGES = {
    "images": "Images",
    "scale": "Looking for the scale",
    "network": "Finding objects",
    "instances": "Outlining objects",
}
"""Stage as the code calls it -> as people read it. Others are shown as they are."""


def say(text: str) -> None:
    """Print a line for the user; long lines are left whole, so that paths can be copied."""
    Console().print(_safe(text), soft_wrap=True, highlight=False)


def say_error(text: str) -> None:
    """Print an error on stderr."""
    Console(stderr=True).print(f"[bold red]Error:[/] {_safe(text)}", soft_wrap=True, highlight=False)


def say_warning(text: str) -> None:
    """Print a warning on stderr."""
    Console(stderr=True).print(f"[yellow]Note:[/] {_safe(text)}", soft_wrap=True, highlight=False)


def say_json(value: Any) -> None:
    """Print a value for programs, on stdout, whatever the terminal is."""
    sys.stdout.write(shown(json.dumps(value, indent=2, ensure_ascii=False)) + "\n")


def say_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values in two columns."""
    width = max(map(len, facts))
    console = Console()
    for name, value in facts.items():
        text = f"[bold]{_safe(name.ljust(width))}[/]  {_safe(str(value))}"
        console.print(text, soft_wrap=True, highlight=False)


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun, for the terminal: ``1 image``, ``1,200 images``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def counted_of(noun: "Noun", count: int) -> str:
    """A number of the objects of an analysis, for the terminal."""
    return counted(count, noun.singular, noun.plural)


def pace(count: int, seconds: float, thing: str = "image") -> str:
    """How quickly things were done: ``3.2 images a second``, below one ``4.9 s per image``; empty for none."""
    if not count or seconds <= 0:
        return ""
    return f"{seconds / count:.1f} s per {thing}" if count < seconds else f"{count / seconds:.1f} {thing}s a second"


def say_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table; the first column is text, the others are numbers."""
    table = Table()
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    for row in rows:
        table.add_row(*map(_safe, row))
    Console().print(table, highlight=False)


def _safe(text: str) -> str:
    """Text in one line that is neither markup nor steers the terminal, whatever the names in it are."""
    return escape(shown(text).replace("\n", " "))


def progress_lines(*, with_ends: bool = False) -> Report:
    """Progress for a log: after each half minute a line, with how many of the images are done where they are counted.

    ``with_ends``: the end of each stage is told too.
    """
    last, images = time.monotonic(), ""

    def report(stage: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        nonlocal last, images
        text = f"{STAGES.get(stage, stage)}: {done} of {total}"
        if stage == "images":
            images = f"{text}. "
        now = time.monotonic()
        if now - last >= LINE_SECONDS or (with_ends and done == total):
            last = now
            sys.stderr.write((images if stage == "images" else f"{images}{text}").strip() + "\n")

    return report


@contextmanager
def progress_bars(*, ends_in_log: bool = False) -> Iterator[Report]:
    """Bars on stderr, one for each stage; where stderr is no terminal, `progress_lines`."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield progress_lines(with_ends=ends_in_log)
        return
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            """Show how far a stage is."""
            name = stage.partition(",")[0]  # "training, loss 0.1" goes on with the bar of "training, loss 0.2"
            if name not in tasks:
                tasks[name] = bars.add_task(name)
            visible = done < total or name == "images"
            text = STAGES.get(stage, stage.capitalize())
            bars.update(tasks[name], description=text, completed=done, total=total, visible=visible)

        yield report
