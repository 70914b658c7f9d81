"""The application serves the built page, and tells where it is not built."""

from pathlib import Path

from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.server.application import application, behind_door
from uniaims.server.desk import Desk


def test_the_page_is_served_and_nothing_beside_it(stranger: TestClient) -> None:
    assert "<title>page" in stranger.get("/").text
    script = stranger.get("/assets/app-1234.js")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")
    for path in ("/../conftest.py", "/%2e%2e/conftest.py", "/assets/../../conftest.py", "/etc/passwd", "/assets", "/x"):
        assert stranger.get(path).status_code == 404


def test_a_copy_without_its_page_says_how_to_build_it(desk: Desk, tmp_path: Path) -> None:
    client = TestClient(behind_door(application(desk, tmp_path / "none"), ["lab.example"]), "http://lab.example")
    answer = client.get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text
    assert client.get(f"{API}/health").status_code == 200
