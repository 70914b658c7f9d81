import stat
import zipfile

import pytest

from uniaims.dataset import archives
from uniaims.dataset.archives import is_archive, unpack
from uniaims.errors import InputError


def archive(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as content:
        for name, data in members.items():
            content.writestr(name, data)
    return path


@pytest.fixture
def target(tmp_path):
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


def test_files_and_the_only_folder_come_out(tmp_path, target):
    path = archive(tmp_path / "a.zip", {"set/images/x.txt": "1", "set/y.txt": "2", "__MACOSX/z": "3"})
    assert is_archive(path)
    inside = unpack(path, target)
    assert inside == target / "set"
    assert (inside / "images" / "x.txt").read_text() == "1"
    assert not is_archive(target)
    assert not is_archive(inside / "y.txt")


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "C:/x", "..\\x", "C:\\x"])
def test_paths_that_lead_out_are_refused(tmp_path, target, name):
    with pytest.raises(InputError, match="leads out"):
        unpack(archive(tmp_path / "a.zip", {"good": "1", name: "2"}), target)
    assert list(target.iterdir()) == []


def test_links_are_refused(tmp_path, target):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as content:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        content.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="leads out"):
        unpack(tmp_path / "a.zip", target)


def test_bombs_are_refused(tmp_path, target, monkeypatch):
    monkeypatch.setattr(archives, "SMALL_BYTES", 1000)
    bomb = archive(tmp_path / "a.zip", {"zeros": b"\0" * 3_000_000})
    with pytest.raises(InputError, match="unpack it yourself"):
        unpack(bomb, target)
    assert list(target.iterdir()) == []


def test_lies_about_sizes_are_noticed(tmp_path, target, monkeypatch):
    monkeypatch.setattr(archives, "SMALL_BYTES", 1000)
    bomb = archive(tmp_path / "a.zip", {"zeros": b"\0" * 3_000_000})
    monkeypatch.setattr(archives, "_check", lambda *_: None)
    with pytest.raises(InputError, match="more than it says"):
        unpack(bomb, target)


def test_damaged_archives_are_refused(tmp_path, target):
    path = archive(tmp_path / "a.zip", {"x": bytes(range(256)) * 40})
    content = bytearray(path.read_bytes())
    content[60:80] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(InputError, match="can't be unpacked"):
        unpack(path, target)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "cp437"])
def test_names_in_other_encodings(encoding, tmp_path):
    name = "Gefüge.png" if encoding == "cp437" else "颗粒.png"
    member = zipfile.ZipInfo("a" * len(name.encode(encoding)))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(member, b"x")
    content = (tmp_path / "a.zip").read_bytes().replace(member.filename.encode(), name.encode(encoding))
    (tmp_path / "a.zip").write_bytes(content)
    (tmp_path / "out").mkdir()
    assert [path.name for path in unpack(tmp_path / "a.zip", tmp_path / "out").iterdir()] == [name]
