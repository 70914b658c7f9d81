import json
import math

import numpy as np
import polars
import pytest

from uniaims.errors import InputError
from uniaims.pipeline.comparison import FIGURES, PAGE, TABLE, compare_results, write_comparison
from uniaims.pipeline.comparison_settings import ComparisonSettings

from .results_on_disk import write_result

MIDDLE = {"calcined": 20.0, "sintered": 26.0}


def write_groups(folder, pictures=3, objects=60, seed=0, middle=MIDDLE, **more):
    """Result folders of two groups, the diameters in nm."""
    random = np.random.default_rng(seed)
    for group, size in middle.items():
        for number in range(pictures):
            sizes = random.lognormal(math.log(size) + random.normal(0, 0.03), 0.3, objects)
            write_result(folder / f"{group}_{number}", sizes, **more)
    return folder


PATTERNS = ComparisonSettings(group=("A=calcined*", "B=sintered*"))


def test_groups_that_differ_are_told_with_the_ratio(tmp_path):
    (pair,) = compare_results([write_groups(tmp_path)], PATTERNS).pairs
    assert (pair.first, pair.second, pair.unit) == ("A", "B", "pictures")
    assert pair.differs
    assert pair.low < 1.3 < pair.high


def test_all_files_say_the_same(tmp_path):
    compared = compare_results([write_groups(tmp_path / "results")], PATTERNS)
    write_comparison(tmp_path / "out", compared)
    told = json.loads((tmp_path / "out" / FIGURES).read_text(encoding="utf-8"))
    assert told["pairs"][0]["ratio"] == compared.pairs[0].ratio
    assert told["groups"][0]["percentiles"]["x50_0"]["estimate"] == compared.groups[0].figures[50].estimate
    assert told["kruskal_wallis_p_value"] is None
    pictures = polars.read_csv(tmp_path / "out" / TABLE)
    assert pictures["group"].to_list() == ["A"] * 3 + ["B"] * 3
    assert pictures["complete_objects"].sum() == 360
    page = (tmp_path / "out" / PAGE).read_text(encoding="utf-8")
    assert f"{compared.pairs[0].ratio:.2f} times that of" in page
    assert page.count('data-chart="') == 3


def test_names_of_groups_and_pictures_are_text(tmp_path):
    write_groups(tmp_path / "results", middle={"<b>a": 20.0, "c": 20.0})
    compared = compare_results([tmp_path / "results"], ComparisonSettings(group=("<i>A=<b>a*", "B=c*")))
    write_comparison(tmp_path / "out", compared)
    page = (tmp_path / "out" / PAGE).read_text(encoding="utf-8")
    assert "<b>a" not in page
    assert "<i>A" not in page


def test_pictures_of_one_specimen_are_one_sample(tmp_path):
    results = write_groups(tmp_path / "results", pictures=4)
    table = tmp_path / "groups.csv"
    rows = [f"{group}_{number},{group},{group}{number // 2}" for group in MIDDLE for number in range(4)]
    table.write_text("image,group,specimen\n" + "\n".join(rows))
    compared = compare_results([results], ComparisonSettings(groups=str(table)))
    assert [len(group.units) for group in compared.groups] == [2, 2]
    assert [group.picture_count for group in compared.groups] == [4, 4]
    assert compared.noun.plural == "specimens"
    assert compared.pairs[0].smallest_p_value == pytest.approx(2 / 6)


def test_three_groups_are_tested_together_and_by_pairs(tmp_path):
    middle = {"a": 20.0, "b": 20.0, "c": 40.0}
    write_groups(tmp_path / "results", middle=middle)
    compared = compare_results([tmp_path / "results"], ComparisonSettings(group=("a=a_*", "b=b_*", "c=c_*")))
    assert len(compared.pairs) == 3
    assert compared.p_value < 0.1
    write_comparison(tmp_path / "out", compared)
    assert "Kruskal-Wallis" in (tmp_path / "out" / PAGE).read_text(encoding="utf-8")


def test_what_is_in_no_group_is_named(tmp_path):
    write_groups(tmp_path)
    write_result(tmp_path / "other", np.array([3.0, 4.0]))
    assert compare_results([tmp_path], PATTERNS).left_out == ("other.tif",)


def test_single_pictures_are_told_to_be_such(tmp_path):
    compared = compare_results([write_groups(tmp_path, pictures=1)], PATTERNS)
    assert compared.pairs[0].unit == "objects"
    assert "single picture" in compared.warnings[0]


def test_far_resolutions_and_other_settings_are_told(tmp_path):
    random = np.random.default_rng(0)
    for number in range(2):
        write_result(tmp_path / f"calcined_{number}", random.lognormal(3, 0.3, 40), pixel_size_nm=1.0)
        write_result(tmp_path / f"sintered_{number}", random.lognormal(3, 0.3, 40), pixel_size_nm=5.0, diameter_px=30)
    compared = compare_results([tmp_path], PATTERNS)
    assert "so different resolutions" in compared.warnings[0]
    assert [set(values) for values in compared.differing.values()] == [{"A", "B"}]


def test_lengths_in_nm_and_px_are_not_mixed(tmp_path):
    write_groups(tmp_path, middle={"calcined": 20.0})
    write_groups(tmp_path, middle={"sintered": 20.0}, pixel_size_nm=None)
    with pytest.raises(InputError, match="without a pixel size"):
        compare_results([tmp_path], PATTERNS)


def test_without_any_pixel_size_lengths_are_in_pixels(tmp_path):
    compared = compare_results([write_groups(tmp_path, pixel_size_nm=None)], PATTERNS)
    assert (compared.unit, compared.shown_unit.symbol) == ("px", "px")


def test_a_group_without_objects_is_refused(tmp_path):
    write_groups(tmp_path, middle={"calcined": 20.0})
    write_result(tmp_path / "sintered_0", np.array([]))
    with pytest.raises(InputError, match='no object in "B"'):
        compare_results([tmp_path], PATTERNS)


def test_results_that_cannot_be_read_are_named(tmp_path):
    write_groups(tmp_path)
    (tmp_path / "sintered_1" / "measurements.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match="sintered_1"):
        compare_results([tmp_path], PATTERNS)


def test_equivalence_is_told_where_a_margin_is_given(tmp_path):
    write_groups(tmp_path / "results", pictures=6, objects=80, middle={"calcined": 20.0, "sintered": 20.2})
    settings = ComparisonSettings(group=PATTERNS.group, margin=0.3)
    compared = compare_results([tmp_path / "results"], settings)
    write_comparison(tmp_path / "out", compared)
    assert "equivalent within" in (tmp_path / "out" / PAGE).read_text(encoding="utf-8")


def test_areas_are_compared_in_squares_of_pixels_too(tmp_path):
    write_groups(tmp_path / "results")
    by_area = ComparisonSettings(group=PATTERNS.group, figure="area")
    compared = compare_results([tmp_path / "results"], by_area)
    lengths = compare_results([tmp_path / "results"], PATTERNS)
    assert compared.unit == "nm²"
    assert compared.pairs[0].ratio == pytest.approx(lengths.pairs[0].ratio ** 2, rel=0.01)
    assert compared.groups[0].median_px == pytest.approx(np.pi / 4 * lengths.groups[0].median_px ** 2, rel=0.02)
    assert not compared.warnings
    write_comparison(tmp_path / "out", compared)
    assert "x50,0 / px²" in (tmp_path / "out" / PAGE).read_text(encoding="utf-8")


def test_percentiles_that_few_objects_do_not_carry_are_told(tmp_path):
    compared = compare_results([write_groups(tmp_path / "results", objects=8)], PATTERNS)
    assert not compared.warnings  # 24 objects carry their median
    tails = ComparisonSettings(group=PATTERNS.group, percentile=95)
    assert "it says little" in compare_results([tmp_path / "results"], tails).warnings[0]
    write_comparison(tmp_path / "out", compared)
    assert polars.read_csv(tmp_path / "out" / TABLE)["x10_0_nm"].null_count() == 6


def test_results_without_their_picture_can_be_compared(tmp_path):
    results = write_groups(tmp_path)
    (results / "calcined_0" / "overlay.png").unlink()
    assert compare_results([results], PATTERNS).groups[0].picture_count == 3


def test_diameters_by_the_edge_are_compared_where_all_results_have_them(tmp_path):
    folders = sorted(write_groups(tmp_path).iterdir())
    for folder in folders[1:]:
        table = polars.read_parquet(folder / "measurements.parquet")
        edges = table.with_columns((polars.col("equivalent_diameter_nm") * 0.5).alias("diameter_nm"))
        edges.write_parquet(folder / "measurements.parquet")
    older, newer = compare_results([tmp_path], PATTERNS), compare_results(folders[1:2] + folders[3:4])
    assert (older.property_.name, newer.property_.name) == ("equivalent_diameter", "diameter")
    assert 9 < newer.groups[0].figures[50].estimate < 11
    assert 18 < older.groups[0].figures[50].estimate < 22
