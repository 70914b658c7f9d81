"""Encodings of strangers' texts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.errors import InputError
from uniaims.texts import decoded, glimpse, read_text, readable


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("颗粒\n孔洞\n", "gb18030"),
        ("钛", "gb18030"),
        ("二氧化钛、晶界。析出相（β）", "gb18030"),
        ('{"label": "气孔", "x": 1}', "gb18030"),
        ("TiO2颗粒A, A相B", "gb18030"),
        ("Gefüge 10 µm ± 5 °C", "cp1252"),
        ("Größe", "cp1252"),
        ("größer, weiß, Süßwasser", "cp1252"),
        ("São José não ções créée", "cp1252"),
        ("“grain” – 5 µm", "cp1252"),
        ("ÜBERGRÖSSE", "cp1252"),
        ("10 μm", "gb18030"),
        ("倍率 10 μm", "cp932"),
        ("grain", "utf-16-le"),
        ("grain", "utf-16-be"),
    ],
)
def test_the_encoding_is_told_by_what_makes_sense(text, encoding):
    found = decoded(text.encode(encoding), "classes.txt")
    assert (found.text, found.encoding) == (text, encoding)
    assert any("classes.txt is not UTF-8" in warning for warning in found.warnings) == (not encoding.startswith("utf"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff\ufffe"), min_size=1))
def test_marks_and_utf_8_are_exact(encoding, text):
    found = decoded(text.encode(encoding), "x")
    assert (found.text, found.warnings) == (text, ())
    assert glimpse(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ("ひび割れ".encode("shift_jis"), r"Shift-JIS \('ひび割れ'\)"),
        ("зерно".encode("cp1251"), r"Windows-1251 \('зерно'\)"),
        (b"grain \xff\x81\x98\x00", "no text at all"),
        (b"\xff\xfe\x00\xd8", "begins as utf-16-le"),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_way_out(data, named, tmp_path: Path):
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(InputError, match=named) as caught:
        read_text(tmp_path / "a.txt")
    assert str(tmp_path / "a.txt") in str(caught.value)
    assert "Save it as UTF-8" in str(caught.value)


@given(st.binary(max_size=60))
def test_nothing_is_ever_replaced(data):
    try:
        found = decoded(data, "x")
    except InputError:
        return
    assert data.endswith(found.text.encode(found.encoding))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "gb18030", "cp932"], ids=str
)
def test_a_micrometre_of_an_instrument_is_read(encoding):
    sign = "µ" if encoding == "cp1252" else "μ"
    text = f"size = 5 {sign}m\nname = abc\n"
    assert readable(text.encode(encoding)) == text
    assert readable(text.encode(encoding) + "\0\0".encode(encoding.replace("-sig", ""))[-2:]) == text


@given(st.binary(max_size=60))
def test_any_bytes_give_a_text_without_nuls(data):
    assert "\0" not in readable(data)


def test_numbers_among_letters_that_can_not_be_told():
    assert readable("зерно = 15.5".encode("cp1251")).endswith(" = 15.5")
    assert readable(b"\xff\xfe1\0.\x005\0\x00\xd8").startswith("1.5")
