"""The command ``serve``: the browser on this machine, for one person."""

import sys
import webbrowser
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated

import typer

from uniaims.cli.console import say, say_warning
from uniaims.cli.words import refuse_missing
from uniaims.errors import MissingDependencyError
from uniaims.names import listed

if TYPE_CHECKING:
    from uniaims.engine import Engine
    from uniaims.engine.queue import Queue
    from uniaims.server.desk import Desk

NEEDED = ("alembic", "fastapi", "sqlalchemy", "uvicorn")
DEFAULT_PORT = 8765
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - to be warned of


def serve(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of images, or of results of `analyse`: it becomes a project.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder for all that is kept; if not given, .local/share/uniaims in your home.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0: any that is free.")] = DEFAULT_PORT,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
) -> None:
    """Look at images, correct what was found and analyse more, in the browser."""
    _refuse_missing_packages()
    from uniaims.engine import Engine
    from uniaims.engine.queue import Queue
    from uniaims.jobs.worker import Worker
    from uniaims.server.application import application, behind_door
    from uniaims.server.desk import Desk, Links
    from uniaims.server.running import address, bound, new_token, run

    if folder is not None:
        refuse_missing(folder)
    with ExitStack() as stack:
        listening = stack.enter_context(bound(host, port))
        engine = stack.enter_context(Engine.open(data or Path.home() / ".local" / "share" / "uniaims"))
        queue = Queue(engine.database)
        desk = Desk(engine, Links(new_token), queue)
        worker = Worker(engine, queue, desk.tell_job)
        desk.take_in_left()
        if folder is not None:
            _open(engine, queue, folder)
        worker.start()
        stack.callback(worker.close)
        Thread(target=_compile, args=(desk.ready,), daemon=True).start()
        announce = partial(_announce, desk, address(listening), host in ANY_ADDRESS, not no_open)
        run(behind_door(application(desk), {host}), listening, announce, desk.stream.end)


def _announce(desk: "Desk", server: str, is_open_to_all: bool, opens_browser: bool) -> None:
    """Say the first link, and open it."""
    token = desk.links.current
    _tell(server, token)
    desk.links.tell = partial(_tell, server)
    if is_open_to_all:
        say_warning("whoever reaches this machine over the network and has the link can sign in.")
    if opens_browser:
        webbrowser.open(_link(server, token))


def _tell(server: str, token: str) -> None:
    """Say a link, on a line of its own and on nothing else's."""
    say("Uni-AIMS runs; Ctrl-C ends it. This link opens it in a browser, once:")
    sys.stdout.write(f"{_link(server, token)}\n")
    sys.stdout.flush()


def _link(server: str, token: str) -> str:
    return f"{server}/#/start?token={token}"


def _compile(ready: Event) -> None:
    from uniaims.engine.warming import warm

    warm()
    ready.set()


def _open(engine: "Engine", queue: "Queue", folder: Path) -> None:
    from uniaims.jobs.folder import open_folder

    opened = open_folder(engine, queue, folder.resolve())
    if opened.missing:
        say_warning(
            f"the images of these results are not where they were, so they are left out: {listed(opened.missing)}."
        )


def _refuse_missing_packages() -> None:
    for name in NEEDED:
        try:
            import_module(name)
        except ImportError as error:
            raise MissingDependencyError(
                f"{name} is not installed, and `uniaims serve` needs it: pip install 'uniaims[server]'"
            ) from error
