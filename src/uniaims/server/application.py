"""The application: all routes, behind the door, and the page."""

from collections.abc import Iterable
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp

from uniaims.engine.repeats import Repeats
from uniaims.server.desk import Desk
from uniaims.server.errors import missing, tell_problems
from uniaims.server.repeats import Once
from uniaims.server.routes import (
    assist,
    catalogue,
    edits,
    events,
    images,
    jobs,
    layers,
    projects,
    session,
    teach,
    uploads,
)
from uniaims.server.security import Door
from uniaims.version import __version__

PAGE = Path(__file__).parent / "static"
ROUTERS = (session, projects, images, layers, edits, assist, jobs, uploads, events, catalogue, teach)
_NOT_BUILT = """<!doctype html><html lang="en"><title>Uni-AIMS</title><h1>The page is not built</h1>
<p>The server runs, but this copy of Uni-AIMS came without its page. In a clone of the repository build it:
<code>cd web &amp;&amp; npm ci --ignore-scripts &amp;&amp; npm run build</code>. Wheels have it built in.</p></html>"""
_FOR_EVER = "public, max-age=31536000, immutable"


def application(desk: Desk, page: Path = PAGE) -> FastAPI:
    """The application without its door, see `behind_door`.

    Args:
        desk: what its routes work with.
        page: folder of the built page.
    """
    app = interface()
    app.state.desk = desk
    tell_problems(app)
    _serve_page(app, page)
    return app


def interface() -> FastAPI:
    """All routes, with nothing behind them."""
    app = FastAPI(
        title="Uni-AIMS",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: "_".join([*map(str, route.tags), route.name]),
    )
    for each in ROUTERS:
        app.include_router(each.router, prefix="/api/v1")
    return app


def behind_door(app: FastAPI, names: Iterable[str] = ()) -> ASGIApp:
    """The application behind its checks; ``names`` of this host may stand in addresses too."""
    desk: Desk = app.state.desk
    return Door(Once(app, Repeats(desk.engine.database), desk.sessions), frozenset(names))


def _serve_page(app: FastAPI, page: Path) -> None:
    """The built files; what is no file of the page is no path."""
    files = {path.relative_to(page).as_posix(): path for path in page.rglob("*") if path.is_file()}

    @app.get("/", include_in_schema=False)
    def index() -> Response:
        """The page; its routes stand behind ``#``, so that no server sees them."""
        if "index.html" not in files:
            return HTMLResponse(_NOT_BUILT, 503)
        return FileResponse(files["index.html"], headers={"Cache-Control": "no-cache"})

    @app.get("/{path:path}", include_in_schema=False)
    def file(path: str, request: Request) -> Response:  # noqa: ARG001
        """A file of the page; those with a hash in their name never change."""
        if path not in files:
            raise missing(f"/{path[:200]}")
        lasting = _FOR_EVER if path.startswith("assets/") else "no-cache"
        return FileResponse(files[path], headers={"Cache-Control": lasting})
