"""The command ``serve``: the browser on this machine, for one person."""

import webbrowser
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from uniaims.cli.console import say
from uniaims.errors import MissingDependencyError

NEEDED = ("fastapi", "uvicorn", "sqlalchemy", "alembic")
DEFAULT_PORT = 8765


def serve(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of images, or of results of `analyse`: it becomes a project.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder for what the program keeps; if not given, one in your home.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen at; others than this machine reach 0.0.0.0.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0: one that is free.")] = DEFAULT_PORT,
    no_open: Annotated[bool, typer.Option("--no-open", help="Don't open a browser.")] = False,
) -> None:
    """Look at images, correct what was found and analyse more, in the browser."""
    _refuse_missing_packages()
    from uniaims.cli.words import refuse_missing
    from uniaims.server.service import Service, ServiceSettings

    if folder is not None:
        refuse_missing(folder)
    with Service(ServiceSettings(data or default_data(), host, port)) as service:
        if folder is not None:
            service.open_folder(folder.resolve())

        def tell(link: str) -> None:
            """Say the link, and open it."""
            say("Uni-AIMS runs. Open this link in a browser; Ctrl-C ends it:")
            typer.echo(link)
            if not no_open:
                webbrowser.open(link)

        service.run(tell)


def default_data() -> Path:
    """Where data is kept if nobody says where."""
    return Path.home() / ".local" / "share" / "uniaims"


def _refuse_missing_packages() -> None:
    for name in NEEDED:
        try:
            import_module(name)
        except ImportError as error:
            raise MissingDependencyError(
                f"{name} is not installed, and `uniaims serve` needs it: pip install 'uniaims[server]'"
            ) from error
