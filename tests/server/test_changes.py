"""Changes and requests that cross: what was changed meanwhile is told, what comes twice is done once."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.server import attempts
from uniaims.server.desk import Desk


def made(client: TestClient, name: str) -> int:
    number: int = client.post(f"{API}/projects", json={"name": name}).json()["id"]
    return number


def test_who_has_not_seen_the_newest_state_is_told(client: TestClient) -> None:
    place = f"{API}/projects/{made(client, 'tagged')}"
    seen = client.get(place).headers["etag"]
    changed = client.patch(place, json={"description": "one"}, headers={"If-Match": seen})
    assert changed.status_code == 200
    assert changed.headers["etag"] == client.get(place).headers["etag"] != seen
    stale = client.patch(place, json={"description": "two"}, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["type"]) == (412, "stale")
    assert client.delete(place, headers={"If-Match": seen}).status_code == 412
    assert client.get(place).json()["description"] == "one"
    assert client.patch(place, json={"description": "three"}, headers={"If-Match": "*"}).status_code == 200
    assert client.patch(place, json={"description": "four"}).status_code == 200
    assert client.delete(place, headers={"If-Match": client.get(place).headers["etag"]}).status_code == 204


def test_a_tag_of_an_image_stays_while_it_is_drawn_on(client: TestClient, desk: Desk) -> None:
    from uniaims.engine.images import NewImage, Reading
    from uniaims.engine.layers.ingest import write_empty

    account = desk.engine.accounts.local()
    image = desk.engine.images.add(made(client, "drawn"), NewImage("a.png", "1" * 64, 1), account)
    desk.engine.images.finish(image.id, Reading(8, 8))
    place = f"{API}/images/{image.id}"
    seen = client.get(place).headers["etag"]
    desk.engine.layers.add(image.id, write_empty((8, 8), desk.engine.blobs), "main", account.id)
    assert client.patch(place, json={"pixel_size_nm": 2.5}, headers={"If-Match": seen}).status_code == 200
    assert client.patch(place, json={"pixel_size_nm": 3.5}, headers={"If-Match": seen}).status_code == 412
    assert client.delete(place, headers={"If-Match": seen}).status_code == 412


def test_what_comes_twice_with_a_key_is_done_once(client: TestClient) -> None:
    key = {"Idempotency-Key": "0190-a"}
    first = client.post(f"{API}/projects", json={"name": "once"}, headers=key)
    again = client.post(f"{API}/projects", json={"name": "once"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    other = client.post(f"{API}/projects", json={"name": "another"}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "key_reused")
    place = f"{API}/projects/{first.json()['id']}/jobs"
    jobs = [
        client.post(place, json={"kind": "export", "params": {"format": "coco"}}, headers={"Idempotency-Key": name})
        for name in ("job", "job", "another job")
    ]
    assert [job.json()["id"] - jobs[0].json()["id"] for job in jobs] == [0, 0, 1]


def test_a_refusal_is_not_kept(client: TestClient) -> None:
    key = {"Idempotency-Key": "refused"}
    place = f"{API}/projects/{made(client, 'refusing')}/datasets"
    assert client.post(place, json={"parts": []}, headers=key).status_code == 422
    assert client.post(f"{API}/projects", json={"name": "now it fits"}, headers=key).status_code == 201
    assert client.post(f"{API}/projects", json={"name": "x"}, headers={"Idempotency-Key": "k" * 101}).status_code == 422
    parts = (b" " * 10**5 for _ in range(12))
    told = client.post(f"{API}/projects", content=parts, headers=key | {"Content-Type": "application/json"})
    assert (told.status_code, told.json()["type"]) == (413, "too_large")


def test_wrong_links_are_answered_only_so_often(stranger: TestClient, desk: Desk) -> None:
    desk.attempts = attempts.Attempts()
    codes = [stranger.post(f"{API}/start", json={"token": "wrong"}).status_code for _ in range(attempts.MOST + 1)]
    assert codes == [401] * attempts.MOST + [429]
    refused = stranger.post(f"{API}/start", json={"token": "wrong"})
    assert refused.json()["type"] == "too_often"
    assert 0 < int(refused.headers["retry-after"]) <= attempts.WITHIN_SECONDS
    right = stranger.post(f"{API}/start", json={"token": desk.links.current})
    assert right.status_code == 204, "whoever has the link is let in all the same"
    stranger.cookies.clear()


@pytest.mark.parametrize("name", ["a/../../b.png", "/etc/b.png", "..\\b.png", "./b.png"])
def test_names_of_files_lead_nowhere(name: str) -> None:
    from uniaims.engine.uploads import path_named

    kept = Path(path_named(name))
    assert not kept.is_absolute()
    assert ".." not in kept.parts
    assert kept.name == "b.png"
