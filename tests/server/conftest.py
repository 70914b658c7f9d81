"""A server in this process, somebody signed in, and a worker that does jobs at once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

import cv2
import httpx
import numpy as np
import pytest
from starlette.testclient import TestClient

from uniaims import guard
from uniaims.client import Client
from uniaims.engine import Engine
from uniaims.engine.queue import Claim, Job, Queue
from uniaims.errors import UniaimsError
from uniaims.jobs.kinds import KINDS, handler_of
from uniaims.jobs.worker import mark_failed
from uniaims.server.application import application, behind_door
from uniaims.server.desk import Desk, Links

API = "/api/v1"
Work = Callable[[], None]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine.open(tmp_path_factory.mktemp("data")) as engine:
        yield engine


@pytest.fixture(scope="module")
def desk(engine: Engine) -> Desk:
    numbers = iter(range(10**6))
    return Desk(engine, Links(lambda: f"secret-{next(numbers)}"), Queue(engine.database))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built page."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "assets" / "app-1234.js").write_text("export {}")
    return folder


@pytest.fixture(scope="module")
def stranger(desk: Desk, page: Path) -> TestClient:
    """Somebody who is not signed in."""
    return TestClient(
        behind_door(application(desk, page)), base_url="http://127.0.0.1:8765", raise_server_exceptions=False
    )


@pytest.fixture(scope="module")
def client(desk: Desk, page: Path) -> TestClient:
    """Somebody who is signed in."""
    app = behind_door(application(desk, page))
    client = TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False)
    assert client.post(f"{API}/start", json={"token": desk.links.current}).status_code == 204
    return client


@pytest.fixture
def work(desk: Desk, tmp_path: Path) -> Work:
    """Do all jobs that wait, in this process."""
    return working(desk, tmp_path)


@pytest.fixture
def script(desk: Desk, stranger: TestClient, work: Work, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client whose requests go to the application in this process, which does its jobs whenever one is waited for."""

    def transport(request: httpx.Request) -> httpx.Response:
        """Hand a request to the application."""
        work()
        answer = stranger.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        headers = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        return httpx.Response(answer.status_code, headers=headers, content=answer.content)

    monkeypatch.setattr("time.sleep", lambda _: None)
    link = f"http://127.0.0.1:8765/#/start?token={desk.links.current}"
    return Client(link, transport=httpx.MockTransport(transport))


def working(desk: Desk, place: Path) -> Work:
    """Does the jobs that wait, in folders in ``place``, as the worker and its child would; files without a guard."""

    def done() -> None:
        guard.inside = True
        try:
            while claim := desk.queue.claim(tuple(KINDS)):
                desk.tell_job(_ended(desk, claim, Path(mkdtemp(prefix="job-", dir=place))))
        finally:
            guard.inside = False

    return done


def _ended(desk: Desk, claim: Claim, folder: Path) -> Job:
    handler = handler_of(claim.job.kind)
    try:
        order = handler.prepare(desk.engine, claim.job, folder)
        result = handler.run(type(order).from_line(order.line()), lambda *_: None)
        return desk.queue.finish(claim, handler.apply(desk.engine, claim.job, result))
    except UniaimsError as error:
        failed = desk.queue.fail(claim, str(error))
        mark_failed(desk.engine, failed)
        return failed


def written_picture(path: Path, seed: int = 0) -> Path:
    """A small picture of its own."""
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 64), np.uint8)
    assert cv2.imwrite(str(path), pixels)
    return path
