"""Edits over HTTP: done once, in order, refused where they meet others; undone, listed, kept, restored."""

import base64
from collections.abc import Iterator

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.layers.patch import difference
from uniaims.frames import read_columns, read_frames
from uniaims.server.desk import Desk

SHAPE = (40, 50)
_ids = iter(range(10**6))


@pytest.fixture(scope="module")
def project(desk: Desk) -> int:
    return desk.engine.projects.add("edits", desk.engine.accounts.local()).id


@pytest.fixture
def layer(desk: Desk, project: int) -> Iterator[int]:
    """A layer with two instances, 1 and 2."""
    labels = np.zeros(SHAPE, np.uint32)
    labels[5:15, 5:15], labels[20:30, 20:30] = 1, 2
    account = desk.engine.accounts.local()
    image = desk.engine.images.add(project, NewImage("a.png", f"{next(_ids):064x}", 1), account)
    desk.engine.images.finish(image.id, Reading(SHAPE[1], SHAPE[0]))
    yield desk.engine.layers.add(image.id, write_labels(labels, desk.engine.blobs), "main", account.id)


def labels_of(client: TestClient, layer: int) -> np.ndarray:
    (frame,) = read_frames(client.post(f"{API}/layers/{layer}/tiles", json={"tiles": [[0, 0, 0, -1]]}).content)
    return frame.numbers.reshape(512, 512)[: SHAPE[0], : SHAPE[1]]


def send(client: TestClient, layer: int, *edits: dict, by: str = "me") -> list[dict]:
    answer = client.post(f"{API}/layers/{layer}/edits", json={"client": by, "edits": list(edits)})
    assert answer.status_code == 200, answer.text
    results: list[dict] = answer.json()["results"]
    return results


def numbers(client: TestClient, layer: int, count: int = 1, by: str = "me") -> int:
    first: int = client.post(f"{API}/layers/{layer}/numbers", json={"count": count, "client": by}).json()["first"]
    return first


def painted(client: TestClient, layer: int, rows: slice, columns: slice, number: int, seen: int = 0) -> dict:
    """The edit that gives a number to a rectangle."""
    before = labels_of(client, layer)
    after = before.copy()
    after[rows, columns] = number
    patch = base64.b64encode(difference(before, after).encode()).decode()
    touched = [{"number": int(each), "seen": seen} for each in np.unique(before[rows, columns]) if each]
    return {"edit_id": f"e{next(_ids)}", "kind": "paint", "tool": "brush", "patch": patch, "touched": touched,
            "new": [{"number": number, "kind": 3}] if number else []}  # fmt: skip


def test_an_edit_is_done_once_and_told(client: TestClient, layer: int, desk: Desk) -> None:
    seen = desk.stream.last
    number = numbers(client, layer)
    edit = painted(client, layer, slice(32, 38), slice(0, 9), number)
    (first,), (again,) = send(client, layer, edit), send(client, layer, edit)
    assert (first["status"], again["status"]) == ("accepted", "repeated")
    assert first["seq"] == again["seq"] == 1
    (row,) = first["rows"]
    assert (row["number"], row["area"], row["kind"], row["confidence"]) == (number, 54, 3, None)
    assert first["tiles"] == [[0, 0, 0]]
    assert (labels_of(client, layer)[32:38, 0:9] == number).all()
    told = [event for event in desk.stream.since(seen) or () if event.layer == layer]
    assert [(event.kind, event.payload["seq"], event.payload["client"]) for event in told] == [("edit", 1, "me")]
    header, rows = read_columns(client.get(f"{API}/layers/{layer}/instances", params={"since": 0}).content)
    assert (header["seq"], rows["number"].tolist()) == (1, [number])


def test_kinds_of_edits(client: TestClient, layer: int) -> None:
    results = send(
        client,
        layer,
        {"edit_id": "s", "kind": "set", "numbers": [1, 2], "field": "kind", "value": 4},
        {"edit_id": "l", "kind": "set", "numbers": [2], "field": "locked", "value": True},
        {"edit_id": "d", "kind": "delete", "numbers": [2]},
        {"edit_id": "u", "kind": "set", "numbers": [2], "field": "locked", "value": 0},
        by="someone",
    )
    assert [each["status"] for each in results] == ["accepted", "accepted", "refused", "refused"]
    assert "locked" in results[2]["reason"]
    (merged,) = send(client, layer, {"edit_id": "m", "kind": "merge", "numbers": [1, 2], "into": 1}, by="someone")
    assert merged["status"] == "refused"
    unlock = {"edit_id": "u2", "kind": "set", "numbers": [2], "field": "locked", "value": 0}
    (unlocked, merged) = send(
        client, layer, unlock, {"edit_id": "m2", "kind": "merge", "numbers": [1, 2], "into": 1}, by="someone"
    )
    assert (unlocked["status"], merged["status"]) == ("accepted", "accepted")
    assert np.unique(labels_of(client, layer)).tolist() == [0, 1]


def test_who_has_seen_less_is_refused_and_told_by_whom(client: TestClient, layer: int) -> None:
    mine = painted(client, layer, slice(5, 10), slice(5, 15), 0)
    theirs = painted(client, layer, slice(10, 15), slice(5, 15), 0)
    assert send(client, layer, theirs, by="them")[0]["status"] == "accepted"
    (result,) = send(client, layer, mine)
    assert result["status"] == "conflict"
    assert [(each["number"], each["changed_seq"], each["by"]) for each in result["instances"]] == [(1, 1, "local")]
    assert (labels_of(client, layer)[5:10, 5:15] == 1).all()
    elsewhere = painted(client, layer, slice(20, 22), slice(20, 30), 0)
    assert send(client, layer, elsewhere)[0]["status"] == "accepted"


def test_undo_and_redo_without_end(client: TestClient, layer: int) -> None:
    before = labels_of(client, layer)
    send(client, layer, painted(client, layer, slice(5, 10), slice(5, 15), 0))
    send(client, layer, {"edit_id": "gone", "kind": "delete", "numbers": [2]})
    after = labels_of(client, layer)
    undo, redo = f"{API}/layers/{layer}/undo", f"{API}/layers/{layer}/redo"
    assert client.post(undo, json={"client": "me", "edit_id": "u1"}).json()["status"] == "accepted"
    assert client.post(undo, json={"client": "me", "edit_id": "u1"}).json()["status"] == "repeated"
    assert client.post(undo, json={"client": "me"}).json()["status"] == "accepted"
    np.testing.assert_array_equal(labels_of(client, layer), before)
    assert client.post(undo, json={"client": "me"}).status_code == 409
    for _ in range(2):
        assert client.post(redo, json={"client": "me"}).json()["status"] == "accepted"
    np.testing.assert_array_equal(labels_of(client, layer), after)
    assert client.post(redo, json={"client": "me"}).status_code == 409
    history = client.get(f"{API}/layers/{layer}/edits", params={"limit": 4}).json()
    assert [each["seq"] for each in history["items"]] == [6, 5, 4, 3]
    assert history["next"] == 3
    assert history["items"][-1]["undoes"] == 2
    older = client.get(f"{API}/layers/{layer}/edits", params={"before": 3}).json()
    assert [(each["kind"], each["undone"], each["author"]) for each in older["items"]] == [
        ("delete", False, "local"), ("paint", False, "local"),
    ]  # fmt: skip


def test_versions_are_kept_compared_and_restored(client: TestClient, layer: int) -> None:
    place = f"{API}/layers/{layer}/versions"
    before = client.post(place, json={"name": "<b>first</b>"}).json()
    assert (before["name"], before["instance_count"], before["author"]) == ("<b>first</b>", 2, "local")
    send(client, layer, {"edit_id": "v", "kind": "delete", "numbers": [2]})
    after = client.post(place, json={"name": "second"}).json()
    diff = client.get(f"{place}/{before['id']}/diff/{after['id']}").json()
    assert diff == {"added": [], "removed": [2], "changed": [], "iou": []}
    assert client.post(f"{place}/{before['id']}/restore", json={"client": "me"}).json()["status"] == "accepted"
    assert (labels_of(client, layer) == 2).sum() == 100
    assert client.post(f"{API}/layers/{layer}/undo", json={"client": "me"}).json()["status"] == "accepted"
    assert not (labels_of(client, layer) == 2).any()
    listed = client.get(place).json()["items"]
    assert {"<b>first</b>", "second"} <= {each["name"] for each in listed}
    for path in (f"{place}/999999/diff/{after['id']}", f"{place}/{before['id']}/diff/0"):
        assert client.get(path).status_code == 404
    assert client.post(f"{place}/999999/restore", json={"client": "me"}).status_code == 404


@pytest.mark.parametrize(
    "edit",
    [
        {},
        {"edit_id": "a"},
        {"edit_id": "", "kind": "delete"},
        {"edit_id": "a" * 65, "kind": "delete"},
        {"edit_id": "a", "kind": "replace"},
        {"edit_id": "a", "kind": "set", "numbers": [1], "field": "area", "value": 1},
        {"edit_id": "a", "kind": "set", "numbers": [1], "field": "state", "value": 7},
        {"edit_id": "a", "kind": "delete", "numbers": [2**32]},
        {"edit_id": "a", "kind": "delete", "numbers": [-1]},
        {"edit_id": "a", "kind": "paint", "patch": "!!!"},
        {"edit_id": "a", "kind": "paint", "version": 2},
        {"edit_id": "a", "kind": "delete", "numbers": [1], "shade": "red"},
    ],
)
def test_what_is_no_edit_changes_nothing(client: TestClient, layer: int, edit: dict) -> None:
    before = labels_of(client, layer)
    answer = client.post(f"{API}/layers/{layer}/edits", json={"client": "me", "edits": [edit]})
    assert answer.status_code == 422, answer.text
    assert client.get(f"{API}/layers/{layer}").json()["seq"] == 0
    np.testing.assert_array_equal(labels_of(client, layer), before)


@pytest.mark.parametrize("patch", ["", "eJwDAAAAAAE=", "AAAA", base64.b64encode(b"x" * 1000).decode()])
def test_patches_of_anything_are_refused_or_empty(client: TestClient, layer: int, patch: str) -> None:
    (result,) = send(client, layer, {"edit_id": f"p{next(_ids)}", "kind": "paint", "patch": patch})
    assert result["status"] in {"refused", "accepted"}
    np.testing.assert_array_equal(np.unique(labels_of(client, layer)), [0, 1, 2])


def test_numbers_are_of_one_client(client: TestClient, layer: int) -> None:
    mine, theirs = numbers(client, layer, 5), numbers(client, layer, 5, by="them")
    assert {mine, theirs} == {3, 8}
    (result,) = send(client, layer, painted(client, layer, slice(32, 38), slice(0, 9), theirs))
    assert result["status"] == "refused"
    for count in (0, 4097, -1):
        body = {"count": count, "client": "me"}
        assert client.post(f"{API}/layers/{layer}/numbers", json=body).status_code == 422
