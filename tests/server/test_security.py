"""The door: hosts, origins, sizes, headers; against a small application behind it."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from uniaims.server.security import CONTENT_POLICY, Door


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _report(_request: Request) -> Response:
    return PlainTextResponse("", headers={"Content-Security-Policy": "sandbox"})


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route("/echo", _echo, methods=["GET", "POST"]), Route("/report", _report)])
    return TestClient(Door(app, frozenset({"lab.example"})), base_url="http://127.0.0.1:8765")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8765", "localhost:1", "[::1]:8765", "192.168.1.7", "lab.example:80"]
)
def test_our_hosts_are_let_in(client: TestClient, host: str) -> None:
    assert client.get("/echo", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "[::1",
        "127.0.0.1@evil.example",
        "lab",
        "0x7f.1",
    ],
)
def test_foreign_hosts_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/echo", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json()["type"] == "foreign_host"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # a script
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),  # another server on this machine
        ({"Origin": "http://127.0.0.1:8765"}, 200),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "https://127.0.0.1:8765"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8765"}, 403),
    ],
)
def test_what_changes_something_comes_from_our_page(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/echo", headers=headers).status_code == status
    assert client.get("/echo", headers=headers).status_code == 200


def test_bodies_have_a_largest_size_whatever_their_length_says(client: TestClient) -> None:
    assert client.post("/echo", content=b"x" * 10**6).text == "1000000"
    assert client.post("/echo", content=b"x" * (10**6 + 1)).status_code == 413
    assert client.post("/echo", content=iter([b"x" * 600_000] * 2)).status_code == 413
    assert client.post("/echo", headers={"Content-Length": "-5"}).status_code == 413


def test_every_answer_has_the_policy_and_a_route_may_set_its_own(client: TestClient) -> None:
    for answer in (client.get("/echo"), client.get("/nothing"), client.get("/echo", headers={"Host": "evil.example"})):
        assert answer.headers["Content-Security-Policy"] == CONTENT_POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/report").headers["Content-Security-Policy"] == "sandbox"
    assert "unsafe-inline" not in CONTENT_POLICY.split("script-src")[1].split(";")[0]
