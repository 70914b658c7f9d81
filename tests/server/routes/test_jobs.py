"""Jobs over HTTP: started, stopped, done again, listed, and their files fetched."""

import pytest
from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.engine.images import NewImage
from uniaims.server.desk import Desk


@pytest.fixture(scope="module")
def project(desk: Desk) -> int:
    return desk.engine.projects.add("jobs", desk.engine.accounts.local()).id


def started(client: TestClient, project: int) -> int:
    answer = client.post(f"{API}/projects/{project}/jobs", json={"kind": "export", "params": {"format": "coco"}})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def state_of(client: TestClient, number: int) -> str:
    state: str = client.get(f"{API}/jobs/{number}").json()["state"]
    return state


def test_kinds_tell_the_forms_of_their_parameters(client: TestClient) -> None:
    forms = {each["kind"]: each["form"] for each in client.get(f"{API}/jobs/kinds").json()}
    assert {"analyse", "measure", "export"} <= set(forms)
    assert "format" in forms["export"]["required"]


def test_a_job_is_stopped_and_done_again(client: TestClient, project: int, desk: Desk) -> None:
    seen, number = desk.stream.last, started(client, project)
    assert client.post(f"{API}/jobs/{number}/retry").status_code == 409
    assert client.post(f"{API}/jobs/{number}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{API}/jobs/{number}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{API}/jobs/{number}/retry").json()["state"] == "queued"
    told = [event.payload["state"] for event in desk.stream.since(seen) or ()]
    assert told == ["queued", "cancelled", "cancelled", "queued"]
    assert client.get(f"{API}/jobs/{number}/artefact").status_code == 404
    client.post(f"{API}/jobs/{number}/cancel")


def test_one_that_has_ended_stays_as_it_is(client: TestClient, project: int, desk: Desk) -> None:
    number = started(client, project)
    claim = desk.queue.claim(("export",))
    assert claim is not None
    desk.queue.finish(claim, {"blob": desk.engine.blobs.put(b"data"), "name": '"é\r\n.zip', "bytes": 4})
    assert client.post(f"{API}/jobs/{number}/cancel").json()["state"] == "done"
    told = client.get(f"{API}/jobs/{number}").json()["result"]
    assert "blob" not in told
    answer = client.get(told["artefact"])
    assert (answer.content, answer.headers["content-type"]) == (b"data", "application/octet-stream")
    assert answer.headers["content-disposition"].startswith("attachment; ")


def test_jobs_are_listed_the_newest_first_in_pages(client: TestClient, project: int) -> None:
    numbers = [started(client, project) for _ in range(3)]
    page = client.get(f"{API}/jobs", params={"project": project, "state": "queued", "limit": 2}).json()
    assert ([each["id"] for each in page["items"]], page["next"]) == (numbers[:0:-1], numbers[1])
    rest = client.get(f"{API}/jobs", params={"project": project, "state": "queued", "after": numbers[1]}).json()
    assert ([each["id"] for each in rest["items"]], rest["next"]) == (numbers[:1], None)
    for number in numbers:
        client.post(f"{API}/jobs/{number}/cancel")


def test_images_of_another_project_are_not_found(client: TestClient, project: int, desk: Desk) -> None:
    account = desk.engine.accounts.local()
    other = desk.engine.projects.add("other jobs", account).id
    image = desk.engine.images.add(other, NewImage("a", "b" * 64, 1), account).id
    for kind, params in (("measure", {"image": image}), ("export", {"format": "coco", "images": [image]})):
        body = {"kind": kind, "params": params}
        assert client.post(f"{API}/projects/{project}/jobs", json=body).status_code == 404
    body = {"kind": "export", "params": {"format": "coco"}}
    assert client.post(f"{API}/projects/{2**40}/jobs", json=body).status_code == 404
    assert client.get(f"{API}/jobs/{2**40}").status_code == 404
