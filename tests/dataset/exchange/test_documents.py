"""XML and JSON of strangers."""

from pathlib import Path

import pytest

from uniaims.dataset.exchange.documents import head_of, read_json, read_xml
from uniaims.errors import InputError

BODY = "<annotation><object><name>{}</name></object></annotation>"


@pytest.mark.parametrize(
    ("declared", "written", "name"),
    [
        ("utf-8", "utf-8", "颗粒"),
        ("gb2312", "gb2312", "颗粒"),
        ("GBK", "gbk", "颗粒"),
        ("UTF-8", "gb18030", "颗粒"),
        ("Shift_JIS", "shift_jis", "ひび割れ"),
        ("ISO-8859-1", "latin-1", "Gefüge"),
        ("windows-1252", "cp1252", "Größe – 5 µm"),
        ("utf-16", "utf-16", "颗粒"),
        ("utf-16", "utf-8", "颗粒"),
        ("x-unheard-of", "utf-8", "颗粒"),
        ("", "utf-8-sig", "颗粒"),
        ("", "cp1252", "Gefüge"),
    ],
)
def test_xml_is_read_in_the_encoding_that_it_is_in(declared, written, name, tmp_path: Path):
    head = f"<?xml version='1.0' encoding=\"{declared}\"?>\n" if declared else ""
    (tmp_path / "a.xml").write_bytes((head + BODY.format(name)).encode(written))
    assert read_xml(tmp_path / "a.xml").content.findtext("object/name") == name


LAUGHS = """<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><annotations>&c;</annotations>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-7", "utf-32", "cp037"])
def test_entities_are_refused_in_any_encoding(encoding, tmp_path: Path):
    head = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding == "utf-7" else ""
    (tmp_path / "a.xml").write_bytes(head.encode() + LAUGHS.encode(encoding))
    with pytest.raises(InputError, match=r"a\.xml"):
        read_xml(tmp_path / "a.xml")


def test_deep_nesting_ends(tmp_path: Path):
    (tmp_path / "a.json").write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(InputError, match=r"a\.json is no JSON"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.xml").write_text("<a>" * 100_000 + "</a>" * 100_000)
    assert read_xml(tmp_path / "a.xml").content.tag == "a"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_the_head_is_text(encoding, tmp_path: Path):
    (tmp_path / "a.json").write_bytes('{"shapes": "ä"}'.encode(encoding))
    assert '"shapes"' in head_of(tmp_path / "a.json")
