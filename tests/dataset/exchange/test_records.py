"""Names and records of images."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.pictures import find_picture
from uniaims.dataset.exchange.records import described, image_id_of, known_word, read_records, record_for
from uniaims.dataset.exchange.via import _known
from uniaims.errors import InputError


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("a.png", "a"),
        ("images/a.b.tif", "a.b"),
        ("train/01.JPG", "train__01"),
        ("C:\\data\\x y.png", "x y"),
        ("/home/me/a.png", "a"),
        ("https://host/x/a.png", "a"),
        ("../../a", "a"),
        ("Al2O3 no.1", "Al2O3 no.1"),
    ],
)
def test_names_of_images(name: str, wanted: str) -> None:
    assert image_id_of(name) == wanted


@given(st.text(max_size=300))
def test_any_name_gives_a_sound_record_or_an_error(name: str) -> None:
    try:
        record = record_for(name, (3, 4))
    except InputError:
        return
    assert (Path("folder") / record.file).parent == Path("folder/images")


@pytest.mark.parametrize("name", ["../../a.png", "..\\..\\a.png", "/a.png", "x/../../../a.png", "%2e%2e/%2e%2e/a.png"])
def test_no_name_leads_to_a_file_outside(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"secret")
    (tmp_path / "b" / "c").mkdir(parents=True)
    assert find_picture(name, tmp_path / "b" / "c" / "x.json") is None
    (tmp_path / "b" / "c" / "a.png").write_bytes(b"picture")
    assert find_picture(name, tmp_path / "b" / "c" / "x.json") == tmp_path / "b" / "c" / "a.png"


def test_records_come_back() -> None:
    record = record_for("a.png", (3, 4), {"modality": "TEM", "pixel_size_nm": 2, "synthetic": True, "junk": 1})
    assert record_for("a.png", (3, 4), described(record)) == record
    assert described(record) == {"image_id": "a", "modality": "TEM", "pixel_size_nm": 2, "synthetic": True}


@pytest.mark.parametrize(
    "known", [{"caption": {"a": 1}}, {"pixel_size_nm": "x"}, {"modality": "MRI"}, {"image_id": "a/b"}]
)
def test_values_of_the_wrong_sort_are_refused(known: dict[str, object]) -> None:
    with pytest.raises(InputError):
        record_for("a.png", (3, 4), known)


def test_words_of_others() -> None:
    assert known_word("modality", "Transmission Electron Microscope") == "TEM"
    assert known_word("modality", "scanning transmission electron microscopy") == "STEM"
    assert known_word("modality", "X-ray") == "other"
    assert known_word("structure", "PARTICLE") == "particle"
    assert known_word("review_state", "unsure") == ""
    assert known_word("material", "anything") == "anything"


@pytest.mark.parametrize("size", [(10**6, 10**6), (0, 5), ("a", 5), (None, None), (2.5, 3)])
def test_sizes_without_image_are_checked(size: tuple[object, object]) -> None:
    with pytest.raises(InputError):
        frame_of("a", None, *size)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["1.234"], [1.234]),
        (["2,5"], [2.5]),
        (["0,125", "1,234"], [0.125, 1.234]),
        (["1.234,5"], [1234.5]),
        (["1 234,5"], [1234.5]),
        (["1e-1", "2.9999999999999996"], [0.1, 2.9999999999999996]),
        (["1,234"], "in two ways|can be read as 1.234 or 1,234"),
        (["2,5", "1.234"], "can be read as 1.234 or 1,234"),
        (["1,2,3"], "wanted a number"),
        (["2.5 nm"], "wanted a number"),
        (["inf"], "wanted a number"),
    ],
)
def test_numbers_of_a_table_are_read_as_those_of_any_other_text(
    written: list[str], read: list[float] | str, tmp_path: Path
) -> None:
    rows = "".join(f"i{i};{text}\n" for i, text in enumerate(written))
    (tmp_path / "samples.csv").write_text("image_id;pixel_size_nm\n" + rows)
    if isinstance(read, str):
        with pytest.raises(InputError, match=read):
            read_records(tmp_path)
    else:
        assert [row["pixel_size_nm"] for row in read_records(tmp_path).values()] == read


def test_numbers_of_via_follow_the_same_rule() -> None:
    assert _known({"image_id": "a", "pixel_size_nm": "2.5"})["pixel_size_nm"] == 2.5
    with pytest.raises(InputError, match="can be read as"):
        _known({"image_id": "a", "pixel_size_nm": "1,234"})
