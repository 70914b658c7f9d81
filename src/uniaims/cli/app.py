"""The commands, put together to a program.

Flags are made from the settings classes, so that every default is written once. The flags of a command are made only
when that command is called.
"""

from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from uniaims.cli import commands, dataset
from uniaims.cli.flags import PlainCommand, with_flags
from uniaims.cli.stopping import told_if_stopped


class StoppableGroup(TyperGroup):
    """A group of commands that Ctrl-C ends with one line and its own exit code; typer alone would end with 1."""

    def make_context(self, *words: Any, **options: Any) -> Any:
        """Read the words in front of the command's."""
        with told_if_stopped():
            return super().make_context(*words, **options)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the context names."""
        with told_if_stopped():
            return super().invoke(ctx)


def build(names: Sequence[str]) -> typer.Typer:
    """The program, with the flags of those commands that are in ``names``; the others can only be listed."""
    app = typer.Typer(
        name="uniaims",
        cls=StoppableGroup,
        help="From micrograph to measured objects and a report.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # boxes leave a terminal of 80 columns too little room: names and defaults were cut
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 120},
    )
    app.callback()(commands.program)
    for command in commands.COMMANDS:
        name = command.__name__
        app.command(name, cls=PlainCommand)(with_flags(command) if name in names else _listed(command))
    app.add_typer(dataset.group())
    return app


def _listed(command: Callable[..., None]) -> Callable[..., None]:
    """A command as the help lists it: by its name and its first line."""

    def run() -> None:
        """Nothing: only its words are wanted."""

    run.__doc__ = command.__doc__
    return run


def whole() -> typer.Typer:
    """The program with all flags."""
    return build([command.__name__ for command in commands.COMMANDS])
