"""tus: a file in parts, broken off and taken up again; what is refused."""

import base64
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.server.conftest import API, Work, written_picture
from uniaims.engine.uploads import LARGEST_BYTES, LIFETIME_MS
from uniaims.server.desk import Desk

TUS = {"Tus-Resumable": "1.0.0"}
PART = TUS | {"Content-Type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def project(client: TestClient) -> int:
    made: int = client.post(f"{API}/projects", json={"name": "uploads"}).json()["id"]
    return made


def metadata(**told: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())


def announced(client: TestClient, project: int, size: int, name: str = "a.png") -> str:
    headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata(filename=name, project=str(project))}
    answer = client.post(f"{API}/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def send(client: TestClient, place: str, offset: int, data: bytes) -> int:
    return client.patch(place, content=data, headers=PART | {"Upload-Offset": str(offset)}).status_code


def test_a_file_in_parts_becomes_an_image(client: TestClient, project: int, tmp_path: Path, work: Work) -> None:
    data = written_picture(tmp_path / "a.png").read_bytes()
    place = announced(client, project, len(data), "../../etc/<b>a.png")
    assert send(client, place, 0, data[:100]) == 204
    assert send(client, place, 0, data[:100]) == 409  # the answer was lost, it comes again
    head = client.head(place)
    assert (head.headers["upload-offset"], head.headers["cache-control"]) == ("100", "no-store")
    answer = client.patch(place, content=data[100:], headers=PART | {"Upload-Offset": "100"})
    job = client.get(f"{API}/jobs/{answer.headers['x-job']}").json()
    assert job["kind"] == "ingest"
    work()
    image = client.get(f"{API}/images/{job['image_id']}").json()
    assert (image["state"], image["width_px"], image["height_px"], image["name"]) == ("ready", 64, 48, "<b>a.png")
    assert client.get(f"{API}/images/{image['id']}/original").content == data


def test_a_part_that_broke_off_is_cut_back(client: TestClient, project: int, desk: Desk) -> None:
    place = announced(client, project, 10)
    send(client, place, 0, b"abc")
    path = desk.uploads.path(place.rpartition("/")[2])
    path.write_bytes(b"abcGARBAGE")  # a server was killed in the middle of a part
    assert send(client, place, 3, b"defg") == 204
    assert path.read_bytes() == b"abcdefg"


def test_a_file_that_was_whole_when_the_server_died_is_taken_in(
    client: TestClient, project: int, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(Desk, "take_in", lambda *_: 1 / 0)
        place = announced(client, project, 4)
        assert send(client, place, 0, b"none") == 500
    desk.take_in_left()
    assert [job["state"] for job in client.get(f"{API}/jobs?limit=1").json()["items"]] == ["queued"]
    client.post(f"{API}/jobs/{client.get(f'{API}/jobs?limit=1').json()['items'][0]['id']}/cancel")


def test_old_uploads_expire(client: TestClient, project: int, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    place = announced(client, project, 4)
    path = desk.uploads.path(place.rpartition("/")[2])
    desk.uploads.expire()
    assert path.exists()
    from uniaims.engine import uploads

    late = uploads.now_ms() + LIFETIME_MS + 1
    monkeypatch.setattr(uploads, "now_ms", lambda: late)
    desk.uploads.expire()
    assert not path.exists()
    assert client.head(place).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"Upload-Length": "5"}, 422),
        ({"Upload-Length": "-1"}, 422),
        ({"Upload-Length": "0"}, 422),
        ({"Upload-Length": str(LARGEST_BYTES + 1), "Upload-Metadata": metadata(filename="a", project="1")}, 413),
        ({"Upload-Length": "5", "Upload-Metadata": "filename !!!"}, 422),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(filename="a", project="no")}, 422),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(filename="a", project="999999")}, 404),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(filename="a", project="1", purpose="model")}, 422),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(filename="..", project="1") + ",x /"}, 422),
        ({"Upload-Length": "5", "Tus-Resumable": "0.2.2", "Upload-Metadata": metadata(filename="a", project="1")}, 412),
    ],
)
def test_what_is_no_announcement_is_refused(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post(f"{API}/uploads", headers=TUS | headers).status_code == status


def test_parts_that_do_not_fit_are_refused(client: TestClient, project: int) -> None:
    place = announced(client, project, 5)
    assert send(client, place, 1, b"a") == 409
    assert send(client, place, 0, b"abcdefgh") == 422
    assert send(client, place, 0, b"abc") == 204
    assert client.patch(place, content=b"d", headers=TUS | {"Upload-Offset": "3"}).status_code == 415
    assert client.delete(place).status_code == 204
    assert client.head(place).status_code == 404
    assert send(client, f"{API}/uploads/{'0' * 32}", 0, b"a") == 404
