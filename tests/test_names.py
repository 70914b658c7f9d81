"""Names are data: shown safely, looked up as they are on the disk, fit for folders."""

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.names import (
    LONGEST_BYTES,
    alike,
    file_folder_name,
    folder_name,
    is_there,
    matches,
    on_disk,
    page_folder_name,
    path_of_uri,
    shown,
    shown_name,
    uri,
)

NFC, NFD = (unicodedata.normalize(form, "Gefüge") for form in ("NFC", "NFD"))


@pytest.mark.parametrize("bad", ["\x1b[31m", "\x07", "\x9b2J", "\u202e", "\u2066", "\udcff", "\x7f", "\r", "\u2028"])
def test_what_steers_a_terminal_is_not_shown(bad: str) -> None:
    assert shown(f"a{bad}b").startswith("a\ufffd")
    assert shown_name(f"a{bad}b\n") == shown(f"a{bad}b") + "\ufffd"
    assert bad[0] not in folder_name(f"a{bad}b")


@pytest.mark.parametrize("good", ["Gefüge µm 粒子 🙂", "می‌خواهم", "👩‍🔬", "a\u0308"])  # the joiners are part of writing
def test_other_writing_is_shown_as_it_is(good: str) -> None:
    assert shown(good) == shown_name(good) == folder_name(good) == good


@given(st.binary(min_size=1, max_size=255).map(os.fsdecode))
def test_a_folder_name_is_usable_whatever_the_stem(stem: str) -> None:
    name = folder_name(stem.replace("/", "x"))
    assert 0 < len(name.encode()) <= LONGEST_BYTES
    assert name.isprintable() or name == shown_name(name)
    assert name[0] not in ".-=+@"
    assert name != ".."


def test_long_names_stay_apart() -> None:
    first, second = ("x" * 250 + end for end in "ab")
    assert folder_name(first) != folder_name(second)


def test_pages_never_meet_other_files() -> None:
    assert page_folder_name("a", 0) == "a_page000"
    assert file_folder_name(page_folder_name("a", 12)) == "a"
    assert folder_name("a_page012") != page_folder_name("a", 12)


def test_names_that_a_disk_may_take_for_one() -> None:
    assert alike(NFC.upper()) == alike(NFD)
    assert alike("a") != alike("b")


@pytest.mark.parametrize("name", ["a.png", "a b#?%.png", f"{NFC}.png", os.fsdecode(b"\xff\xfe.png"), "a\n\x1b.png"])
def test_a_uri_is_exact_and_plain(tmp_path: Path, name: str) -> None:
    text = uri(tmp_path / name)
    assert text.isascii()
    assert text.isprintable()
    assert path_of_uri(text) == tmp_path / name


@pytest.mark.parametrize(("there", "asked"), [(NFC, NFD), (NFD, NFC)])
def test_umlauts_are_found_in_either_spelling(tmp_path: Path, there: str, asked: str) -> None:
    (tmp_path / there).mkdir()
    (tmp_path / there / f"{there}.TIF").touch()
    assert on_disk(tmp_path / asked / f"{asked}.TIF") == tmp_path / there / f"{there}.TIF"
    assert matches(str(tmp_path / asked / f"{asked}*.tif")) == [tmp_path / there / f"{there}.TIF"]
    assert on_disk(tmp_path / asked / "other.png") == tmp_path / asked / "other.png"


def test_folders_in_front_of_a_pattern_are_no_patterns(tmp_path: Path) -> None:
    for folder in ("res [2024]", "res 2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.tif").touch()
    assert matches(str(tmp_path / "res [2024]" / "*.tif")) == [tmp_path / "res [2024]" / "a.tif"]
    assert len(matches(str(tmp_path / "res*" / "*.tif"))) == 2


def test_a_pattern_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.PNG").touch()
    assert matches("*/*.png") == matches("**/*.png") == [Path("deep/a.PNG")]
    assert matches("deep/*.png") == [Path("deep/a.PNG")]


def test_a_name_that_no_disk_takes_is_not_there() -> None:
    assert not is_there("x" * 300)
    assert on_disk(Path("ü" * 300)) == Path("ü" * 300)
