from pathlib import Path

import numpy as np
import pytest

from uniaims.errors import InputError, SettingsError
from uniaims.pipeline.grouping import by_folders, by_patterns, by_table, parse_patterns, results_in

from .results_on_disk import write_result

SIZES = np.array([10.0, 12.0, 15.0])


@pytest.fixture
def results(tmp_path):
    for name in ("a[1]", "a1", "b_1", "ü"):
        write_result(tmp_path / "out" / name, SIZES)
    return [each for found in results_in([tmp_path / "out"]).values() for each in found]


def groups_of(members):
    return {member.result.name: (member.group, member.specimen) for member in members}


def test_patterns_meet_names_and_a_name_that_is_written_out_is_none(results):
    assert groups_of(by_patterns(results, {"A": "a[1]", "B": "b*"})) == {"a[1]": ("A", ""), "b_1": ("B", "")} | {
        "a1": ("A", "")  # [1] is a pattern too
    }


def test_umlauts_are_alike_however_they_are_composed(results):
    members = by_patterns(results, {"A": "u\u0308.tif", "B": "b*"})
    assert groups_of(members) == {"ü": ("A", ""), "b_1": ("B", "")}


@pytest.mark.parametrize(
    ("patterns", "message"), [({"A": "a*", "B": "c*"}, "No image meets"), ({"A": "a*", "B": "a1*"}, "is in the groups")]
)
def test_patterns_that_meet_nothing_or_twice_are_refused(results, patterns, message):
    with pytest.raises(InputError, match=message):
        by_patterns(results, patterns)


def test_folders_are_groups(tmp_path):
    for group in "AB":
        for number in range(2):
            write_result(tmp_path / group / f"image{number}", SIZES)
    members = by_folders(results_in([tmp_path / "A", tmp_path / "B"]))
    assert [member.group for member in members] == ["A", "A", "B", "B"]
    with pytest.raises(InputError, match="no two groups"):
        by_folders(results_in([tmp_path / "A"]))


def test_the_folder_of_a_single_result_is_one(tmp_path):
    found = results_in([write_result(tmp_path / "only", SIZES)])
    assert [result.name for each in found.values() for result in each] == ["only"]
    with pytest.raises(InputError, match="no results"):
        results_in([tmp_path / "nothing"])


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_table_names_group_and_specimen(results, tmp_path, separator):
    table = tmp_path / "groups.csv"
    lines = ["Image,Group,Specimen", "a1.tif,A,s1", "b_1,B,s2"]
    table.write_text("\ufeff" + "\n".join(line.replace(",", separator) for line in lines), encoding="utf-8")
    assert groups_of(by_table(results, table)) == {"a1": ("A", "s1"), "b_1": ("B", "s2")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("image,kind\na1,x", "columns"),
        ("image,group\nnowhere,A", "the name of 0 results"),
        ("image,group\na1,", "in no group"),
        ("image,group\na1,A\na1.tif,B", "line 2 too"),
    ],
)
def test_tables_that_do_not_say_it_are_refused(results, tmp_path, text, message):
    table = tmp_path / "groups.csv"
    table.write_text(text)
    with pytest.raises(InputError, match=message):
        by_table(results, table)


def test_patterns_are_written_with_an_equals_sign():
    assert parse_patterns(["A = a=*", "B=b*"]) == {"A": "a=*", "B": "b*"}
    for wrong in (["A"], ["=a"], ["A="], ["A=a", "A=b"]):
        with pytest.raises(SettingsError, match="--group"):
            parse_patterns(wrong)


def test_a_path_is_a_name_too(results):
    paths = {"A": str(Path(results[0].summary.file)), "B": "b*"}
    assert len(by_patterns(results, paths)) == 2
