"""The link, the session, the page, and what is answered without them."""

from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.server.desk import Desk


def test_health_needs_nobody_and_all_else_somebody(stranger: TestClient) -> None:
    assert stranger.get(f"{API}/health").json()["status"] == "ok"
    for path in ("session", "projects", "projects/1", "images/1", "layers/1/instances", "jobs", "events", "models"):
        answer = stranger.get(f"{API}/{path}")
        assert (answer.status_code, answer.json()["type"]) == (401, "not_signed_in")


def test_a_link_works_once_and_another_one_is_told(desk: Desk, stranger: TestClient) -> None:
    told = list[str]()
    desk.links.tell = told.append
    token = desk.links.current
    answer = stranger.post(f"{API}/start", json={"token": token})
    assert answer.status_code == 204
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert stranger.get(f"{API}/session").json()["single_user"]
    assert told == [desk.links.current]
    assert stranger.post(f"{API}/start", json={"token": token}).status_code == 204  # reloaded: signed in already
    stranger.cookies.clear()
    assert stranger.post(f"{API}/start", json={"token": token}).json()["type"] == "link_used"
    assert stranger.post(f"{API}/start", json={"token": "é" * 50}).status_code == 401


def test_who_leaves_is_gone_for_good(desk: Desk, stranger: TestClient) -> None:
    stranger.post(f"{API}/start", json={"token": desk.links.current})
    cookies = dict(stranger.cookies)
    assert stranger.delete(f"{API}/session").status_code == 204
    stranger.cookies.update(cookies)
    assert stranger.get(f"{API}/session").status_code == 401
    stranger.cookies.clear()


def test_scripts_send_their_token_as_a_bearer(desk: Desk, stranger: TestClient) -> None:
    token = desk.sessions.begin(desk.engine.accounts.local().id)
    assert stranger.get(f"{API}/session", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert stranger.get(f"{API}/session", headers={"Authorization": f"Bearer {token}x"}).status_code == 401
    assert stranger.get(f"{API}/session", headers={"Authorization": f"Basic {token}"}).status_code == 401


def test_errors_are_problem_documents(client: TestClient) -> None:
    for answer in (
        client.get(f"{API}/nothing"),
        client.get(f"{API}/projects/0"),
        client.get(f"{API}/projects/{2**63}"),
        client.post(f"{API}/projects", json={"name": "a", "colour": "red"}),
        client.post(f"{API}/projects", content=b"{", headers={"Content-Type": "application/json"}),
        client.post(f"{API}/projects", content=b"name=a", headers={"Content-Type": "text/plain"}),
        client.put(f"{API}/projects"),
    ):
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail"} <= set(answer.json())
        assert answer.json()["status"] == answer.status_code
        assert 400 <= answer.status_code < 500
