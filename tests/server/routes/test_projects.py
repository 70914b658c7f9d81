"""Projects over HTTP: in pages, changed by name, gone with all that was in them."""

import pytest
from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.engine.images import NewImage
from uniaims.server.desk import Desk


def test_projects_come_in_pages(client: TestClient) -> None:
    made = [client.post(f"{API}/projects", json={"name": f"page {i}"}).json()["id"] for i in range(3)]
    first = client.get(f"{API}/projects", params={"limit": 2, "after": made[0] - 1}).json()
    assert ([each["id"] for each in first["items"]], first["next"]) == (made[:2], made[1])
    last = client.get(f"{API}/projects", params={"limit": 2, "after": first["next"]}).json()
    assert ([each["id"] for each in last["items"]], last["next"]) == (made[2:], None)
    for limit in (0, 201):
        assert client.get(f"{API}/projects", params={"limit": limit}).status_code == 422


def test_what_is_named_is_changed_and_told(client: TestClient, desk: Desk) -> None:
    project = client.post(f"{API}/projects", json={"name": "before", "description": "stays"}).json()
    seen, place = desk.stream.last, f"{API}/projects/{project['id']}"
    kinds = [{"number": 1, "name": "<b>pore</b>", "colour": "#0072b2", "key": "1"}]
    changed = client.patch(place, json={"name": "after", "kinds": kinds}).json()
    assert changed == project | {"name": "after", "kinds": kinds}
    assert client.get(place).json() == changed
    assert [(event.kind, event.project) for event in desk.stream.since(seen) or ()] == [("project", project["id"])]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": ""}, 422), ({"name": " "}, 422), ({"name": None, "colour": "red"}, 422), ({"kinds": [{}]}, 422),
        ({"settings": {"cell_px": 1}}, 422), ({"name": "taken"}, 409), ({}, 200),
        ({"kinds": [{"number": i, "name": "same", "colour": "#000000"} for i in (1, 2)]}, 422),
    ],
)  # fmt: skip
def test_what_can_not_be_set_is_refused(client: TestClient, body: dict[str, object], status: int) -> None:
    client.post(f"{API}/projects", json={"name": "taken"})
    known = {each["name"]: each for each in client.get(f"{API}/projects").json()["items"]}
    project = known.get("refused") or client.post(f"{API}/projects", json={"name": "refused"}).json()
    answer = client.patch(f"{API}/projects/{project['id']}", json=body)
    assert answer.status_code == status, answer.text
    assert client.get(f"{API}/projects/{project['id']}").json() == project


def test_a_project_goes_with_its_images(client: TestClient, desk: Desk) -> None:
    project = client.post(f"{API}/projects", json={"name": "to go"}).json()["id"]
    image = desk.engine.images.add(project, NewImage("a", "a" * 64, 1), desk.engine.accounts.local()).id
    assert client.get(f"{API}/projects/{project}").json()["image_count"] == 1
    assert client.delete(f"{API}/projects/{project}").status_code == 204
    for path in (f"projects/{project}", f"images/{image}", f"projects/{project}/images"):
        assert client.get(f"{API}/{path}").status_code == 404
    assert client.delete(f"{API}/projects/{project}").status_code == 404
