"""Images, their tiles and results: read by a job, told, changed, exported; whatever they are called."""

import io
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.server.conftest import API, Work, written_picture
from uniaims.frames import read_columns, read_frames
from uniaims.jobs.folder import open_folder
from uniaims.labels import read_labels
from uniaims.server.desk import Desk
from uniaims.server.security import REPORT_POLICY

LABELS = np.zeros((48, 64), np.uint32)
LABELS[4:20, 4:30] = 1
LABELS[20:40, 10:60] = 2
LABELS[42:48, 0:9] = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One image with results of an analysis, one without, and what is none."""
    from uniaims.labels import write_labels
    from uniaims.measurements.files import parquet
    from uniaims.micrograph import PixelSize, read_image
    from uniaims.modes import Objects, mode_named
    from uniaims.names import uri

    place = tmp_path_factory.mktemp("folder")
    image = written_picture(place / "with.png", 1)
    written_picture(place / "without.png", 2)
    (place / "notes.txt").write_text("none")
    (place / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    results = place / "with"
    results.mkdir()
    confidence = np.array([0.9, 0.5, 0.7], np.float32)
    measured = mode_named("particles").work(Objects(LABELS, PixelSize(2.0), read_image(image), confidence))
    measured.to_parquet(results / parquet.TYPE.file)
    measured.to_csv(results / "measurements.csv")
    write_labels(results / "labels.tif", LABELS)
    (results / "overlay.png").write_bytes(image.read_bytes())
    (results / "report.html").write_text("<script>parent.fetch('/api')</script>")
    summary = {"image": str(image), "image_uri": uri(image), "settings": {"mode": "particles"}, "pixel_size_nm": 2.0,
               "pixel_size_source": "given", "warnings": ["<b>careful</b>"], "notes": [],
               "content_edges": [0, 0, 48, 64]}  # fmt: skip
    (results / "summary.json").write_text(json.dumps(summary))
    return place


@pytest.fixture(scope="module")
def images(client: TestClient, desk: Desk, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """The images of the folder as a project tells them, by name, once they are read."""
    work = _worker(desk, tmp_path_factory.mktemp("jobs"))
    opened = open_folder(desk.engine, desk.queue, folder)
    work()
    listed = client.get(f"{API}/projects/{opened.project.id}/images").json()
    assert listed["next"] is None
    return {each["name"]: each for each in listed["items"]}


def _worker(desk: Desk, place: Path) -> Work:
    from tests.server.conftest import working

    return working(desk, place)


def test_a_folder_becomes_a_project_once(images: dict[str, dict], desk: Desk, folder: Path) -> None:
    assert {name: each["state"] for name, each in images.items()} == {
        "with.png": "ready", "without.png": "ready", "broken.png": "failed",
    }  # fmt: skip
    again = open_folder(desk.engine, desk.queue, folder)
    assert again.project.image_count == 3
    assert desk.queue.claim(["ingest"]) is None


def test_results_are_shown_as_they_were_found(images: dict[str, dict], client: TestClient) -> None:
    image = images["with.png"]
    assert (image["instance_count"], image["pixel_size_nm"], image["pixel_size_source"]) == (3, 2.0, "given")
    assert image["warnings"] == ["<b>careful</b>"]
    assert image["has_report"]
    assert image["has_measurements"]
    report = client.get(f"{API}/images/{image['id']}/report")
    assert report.headers["content-security-policy"] == REPORT_POLICY
    assert REPORT_POLICY.startswith("sandbox allow-scripts;")
    assert client.get(f"{API}/images/{image['id']}/figures").json()["summary"]["pixel_size_nm"] == 2.0
    header, table = read_columns(client.get(f"{API}/layers/{image['layer_id']}/measurements").content)
    assert header["seq"] == 0
    assert table["label"].tolist() == [1, 2, 3]
    assert [each["unit"] for each in header["facts"] if each["column"] == "area_nm2"] == ["nm²"]
    np.testing.assert_allclose(table["area_nm2"][0], 16 * 26 * 4)


def test_an_image_that_is_none_says_why(images: dict[str, dict], client: TestClient) -> None:
    image = images["broken.png"]
    assert "broken.png" in image["error"]
    assert image["layer_id"] is None
    for path in ("thumbnail", "report", "figures"):
        assert client.get(f"{API}/images/{image['id']}/{path}").status_code == 404
    assert client.get(f"{API}/images/{image['id']}/layers").json()["items"] == []


def test_tiles_and_columns_are_the_labels(images: dict[str, dict], client: TestClient) -> None:
    image = images["with.png"]
    pyramid, layer = image["pyramid"], image["layer_id"]
    tile = client.get(f"{API}/images/{image['id']}/tiles/{pyramid['key']}/0/0/0")
    assert "immutable" in tile.headers["cache-control"]
    assert cv2.imdecode(np.frombuffer(tile.content, np.uint8), cv2.IMREAD_GRAYSCALE).shape == (48, 64)
    samples = client.get(f"{API}/images/{image['id']}/tiles/{pyramid['key']}/0/0/0", params={"samples": True})
    assert (samples.headers["x-shape"], samples.headers["x-type"], len(samples.content)) == ("48,64", "u1", 48 * 64)
    frames = list(read_frames(client.post(f"{API}/layers/{layer}/tiles", json={"tiles": [[0, 0, 0, -1]]}).content))
    np.testing.assert_array_equal(frames[0].numbers.reshape(512, 512)[:48, :64], LABELS)
    head = frames[0].head
    assert client.post(f"{API}/layers/{layer}/tiles", json={"tiles": [[0, 0, 0, head]]}).content == b""
    header, rows = read_columns(client.get(f"{API}/layers/{layer}/instances").content)
    assert rows["number"].tolist() == [1, 2, 3]
    np.testing.assert_allclose(rows["confidence"], [0.9, 0.5, 0.7], rtol=1e-6)
    assert rows["flags"].tolist() == [0, 0, 4]
    etag = f'"{header["seq"]}"'
    assert client.get(f"{API}/layers/{layer}/instances", headers={"If-None-Match": etag}).status_code == 304
    for path in (f"images/{image['id']}/tiles/{'0' * 64}/0/0/0", f"layers/{layer}/tiles/9/0/0", "layers/999999",
                 f"images/{image['id']}/tiles/{pyramid['key']}/0/5/0"):  # fmt: skip
        assert client.get(f"{API}/{path}").status_code == 404


def test_figures_follow_what_is_known(images: dict[str, dict], client: TestClient) -> None:
    image = images["with.png"]
    figures = client.get(f"{API}/layers/{image['layer_id']}/figures").json()
    assert (figures["count"], figures["whole_count"], figures["unit"]) == (3, 2, "nm")
    wanted = np.sqrt(np.array([16 * 26, 20 * 50]) * 4 / np.pi) * 2
    assert figures["mean"] == pytest.approx(wanted.mean())
    assert sum(figures["histogram"]["counts"]) == 2
    changed = client.patch(f"{API}/images/{image['id']}", json={"pixel_size_nm": None}).json()
    assert (changed["pixel_size_nm"], changed["pixel_size_source"]) == (None, "")
    assert client.get(f"{API}/layers/{image['layer_id']}/figures").json()["unit"] == "px"
    client.patch(f"{API}/images/{image['id']}", json={"pixel_size_nm": 2.0})
    for wrong in (-1, 0, "2 nm", 1e300):
        assert client.patch(f"{API}/images/{image['id']}", json={"pixel_size_nm": wrong}).status_code == 422


@pytest.mark.parametrize(
    "name",
    ["<img src=x onerror=alert(1)>.png", "\u202egnp.exe", "a" * 200, "日本語 µm.png", "=1+1", "../../x.png", " "],
)
def test_names_are_text_and_nothing_else(images: dict[str, dict], client: TestClient, name: str) -> None:
    number = images["without.png"]["id"]
    answer = client.patch(f"{API}/images/{number}", json={"name": name})
    assert answer.status_code == (422 if not name.strip() else 200)
    if answer.status_code == 200:
        assert answer.json()["name"] == name
        disposition = client.get(f"{API}/images/{number}/original").headers["content-disposition"]
        assert disposition.startswith("attachment; ")
        assert "\n" not in disposition
    for long in ("a" * 10_000, "\x00", "é" * 150):
        assert client.patch(f"{API}/images/{number}", json={"name": long}).status_code in {200, 422}
    client.patch(f"{API}/images/{number}", json={"name": "without.png"})


@pytest.mark.parametrize("form", ["coco", "cellpose", "folder", "labels", "measurements", "report"])
def test_exports_hold_what_is_drawn(
    images: dict[str, dict], client: TestClient, work: Work, tmp_path: Path, form: str
) -> None:
    image = images["with.png"]
    params = {"format": form, "images": [image["id"]]}
    job = client.post(f"{API}/projects/{image['project_id']}/jobs", json={"kind": "export", "params": params}).json()
    assert job["state"] == "queued"
    work()
    done = client.get(f"{API}/jobs/{job['id']}").json()
    assert done["state"] == "done", done
    data = client.get(done["result"]["artefact"])
    assert len(data.content) == done["result"]["bytes"]
    name = done["result"]["name"]
    if form == "labels":
        (tmp_path / name).write_bytes(data.content)
        np.testing.assert_array_equal(read_labels(tmp_path / name), LABELS)
    elif form == "measurements":
        assert data.text.startswith("label,")
        assert name == "with_measurements.csv"
    elif form == "report":
        assert name.endswith(".html")
    else:
        assert zipfile.ZipFile(io.BytesIO(data.content)).testzip() is None
        assert name == f"with_{form}.zip"


@pytest.mark.parametrize(
    ("kind", "params", "status"),
    [
        ("export", {"format": "no"}, 422),
        ("export", {}, 422),
        ("export", {"format": "coco", "images": [999_999]}, 404),
        ("nothing", {}, 422),
        ("ingest", {"image": 1}, 422),
        ("analyse", {"image": 1, "settings": {"segmenter": {"model": "/etc/passwd"}}}, 422),
        ("analyse", {"image": 1, "settings": {"segmenter": {"diameter_px": -1}}}, 422),
        ("analyse", {"image": 1, "settings": {"detector": "x.onnx"}}, 422),
        ("analyse", {"image": 1, "settings": {"mode": "dreams"}}, 422),
        ("measure", {"image": 1, "mode": "dreams"}, 422),
    ],
)
def test_jobs_that_can_not_be_are_refused_at_once(
    images: dict[str, dict], client: TestClient, kind: str, params: dict, status: int
) -> None:
    project = images["with.png"]["project_id"]
    given = params | ({"image": images["with.png"]["id"]} if "image" in params else {})
    answer = client.post(f"{API}/projects/{project}/jobs", json={"kind": kind, "params": given})
    assert answer.status_code == status, answer.text


def test_deleted_images_are_gone(images: dict[str, dict], client: TestClient) -> None:
    number = images["broken.png"]["id"]
    assert client.delete(f"{API}/images/{number}").status_code == 204
    assert client.get(f"{API}/images/{number}").status_code == 404
