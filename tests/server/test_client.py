"""`uniaims.Client`: what a script sees is what there is, and errors are the library's own."""

from pathlib import Path

import numpy as np
import pytest

import uniaims
from tests.server.conftest import written_picture
from uniaims.client import Client
from uniaims.errors import InputError, NotFoundError, OutputError


def test_a_script_uploads_and_reads(script: Client, tmp_path: Path) -> None:
    image = script.project("scripts").upload(written_picture(tmp_path / "powder µ.png"))
    assert image.facts()["name"] == "powder µ.png"
    assert image.labels().shape == (48, 64)
    assert image.instances().height == 0
    assert [each.id for each in script.project("scripts").images()] == [image.id]
    measured = image.run("measure")
    assert measured["instance_count"] == 0
    path = image.project.export("labels", tmp_path, [image])
    np.testing.assert_array_equal(uniaims.read_labels(path), np.zeros((48, 64)))


def test_errors_are_ours(script: Client, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no image"):
        script.request("GET", "images/999999")
    with pytest.raises(InputError, match="format"):
        script.project("scripts").export("no", tmp_path)
    (tmp_path / "broken.png").write_bytes(b"no image at all")
    with pytest.raises(InputError, match="broken"):
        script.project("scripts").upload(tmp_path / "broken.png")
    with pytest.raises(InputError, match="link"):
        Client("http://127.0.0.1:8765")


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(OutputError, match="does not answer"):
        Client("http://127.0.0.1:9/#/start?token=x")
