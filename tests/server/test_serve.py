"""`uniaims serve`: what it says where it can't begin; and that it begins, and ends, in a process of its own."""

import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import written_picture
from uniaims.cli import main
from uniaims.engine import Engine
from uniaims.server.running import bound


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that was used before."""
    with Engine.open(tmp_path / "data") as engine:
        engine.accounts.local()
    return tmp_path / "data"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What is said of a server that can't begin."""
    assert main(["serve", "--no-open", *words]) == 1
    error = " ".join(capsys.readouterr().err.split())
    assert error.startswith("Error: ")
    assert "Traceback" not in error
    return error


def test_a_port_in_use_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        error = said(capsys, "--port", str(port), "--data", str(tmp_path / "data"))
    assert f"port {port} is in use" in error
    assert f"--port {port + 1}" in error
    assert not (tmp_path / "data").exists()


def test_a_host_that_is_none_of_this_machine_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for host in ("203.0.113.7", "no.such.host.invalid"):
        assert "no address of this machine" in said(capsys, "--host", host, "--data", str(tmp_path))


def test_a_data_folder_that_is_open_already_is_told(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    with Engine.open(data):
        assert "another program has this data folder open" in said(capsys, "--port", "0", "--data", str(data))


@pytest.mark.parametrize("damage", ["garbage", "newer", "file", "link"])
def test_a_data_folder_that_can_not_be_used_is_told(
    capsys: pytest.CaptureFixture[str], data: Path, damage: str
) -> None:
    place = data
    if damage == "garbage":
        for path in data.glob("engine.db*"):
            path.write_bytes(b"garbage" * 1000)
    elif damage == "newer":
        with sqlite3.connect(data / "engine.db") as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
    elif damage == "file":
        place = data / "engine.db"
    else:
        place = data / "nowhere"
        place.symlink_to("/proc/none")
    before = (data / "engine.db").read_bytes()
    error = said(capsys, "--port", "0", "--data", str(place))
    assert str(place) in error
    assert {"garbage": "damaged", "newer": "newer"}.get(damage, "") in error
    assert (data / "engine.db").read_bytes() == before


def test_a_folder_without_images_is_told(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no image lies there" in said(capsys, str(tmp_path / "empty"), "--port", "0", "--data", str(data))
    assert main(["serve", str(tmp_path / "none"), "--no-open"]) in {1, 2}


def test_a_package_that_is_missing_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert "pip install 'uniaims[server]'" in said(capsys)


def test_it_serves_keeps_what_it_accepted_and_ends(tmp_path: Path) -> None:
    """The one test with a process: a killed server loses nothing, and a session outlives it."""
    written_picture(tmp_path / "a.png")
    port = _free_port()
    first, link = _started(tmp_path, port)
    match = re.fullmatch(rf"(http://127\.0\.0\.1:{port})/#/start\?token=([\w-]+)", link)
    assert match, link
    with httpx.Client(base_url=f"{match[1]}/api/v1") as client:
        assert client.post("/start", json={"token": match[2]}).status_code == 204
        assert client.get("/projects").json()["items"][0]["image_count"] == 1
        assert client.post("/projects", json={"name": "kept"}).status_code == 201
        upload = _with_a_part_sent(client)
        first.kill()
        first.communicate(timeout=30)
        second, _ = _started(tmp_path, port)
        assert [each["name"] for each in client.get("/projects").json()["items"]] == [tmp_path.name, "kept"]
        assert client.head(upload).headers["upload-offset"] == "5"
        with client.stream("GET", "/events") as listening:
            assert next(listening.iter_lines()) == ": listening"
            second.send_signal(signal.SIGTERM)
            second.communicate(timeout=30)
    assert second.returncode == 128 + signal.SIGTERM


def _with_a_part_sent(client: httpx.Client) -> str:
    """A file of which 5 of 9 bytes are there; its address below the client's."""
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": "filename YS5wbmc=,project MQ=="}
    place = client.post("/uploads", headers=tus).headers["location"].removeprefix("/api/v1")
    part = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    assert client.patch(place, content=b"01234", headers=part).status_code == 204
    return place


def _free_port() -> int:
    with bound("127.0.0.1", 0) as listening:
        return int(listening.getsockname()[1])


def _started(folder: Path, port: int) -> tuple[subprocess.Popen[str], str]:
    """A server on a folder, and the line with its link."""
    words = ["serve", str(folder), "--data", str(folder / "data"), "--port", str(port), "--no-open"]
    process = subprocess.Popen(
        [sys.executable, "-m", "uniaims", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "token=" in line:
            return process, line.strip()
    raise AssertionError("no link came")
