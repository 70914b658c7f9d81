"""Which images a batch has and where their results go."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.errors import OutputError
from uniaims.pipeline.plan import folder_names, plan_batch, shown_names
from uniaims.pipeline.results import read_results


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(tmp_path: Path, *inputs: str) -> list[str]:
    return [image.name for image in plan_batch([tmp_path / item for item in inputs], tmp_path / "out").images]


def result(folder: Path, image: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps({"image": str(image)}), encoding="utf-8")


def test_a_folder_gives_its_images_sorted(tmp_path: Path) -> None:
    touch(*(tmp_path / "in" / name for name in ("b.tif", "a.PNG", "notes.txt", ".hidden.png", "deep/c.tif")))
    assert names(tmp_path, "in") == ["a", "b"]


def test_a_pattern_gives_images_and_may_go_deep(tmp_path: Path) -> None:
    touch(*(tmp_path / "in" / name for name in ("b.tif", "a.png", "notes.txt", "deep/c.tif")))
    assert names(tmp_path, "in/*") == ["a", "b", "c"]  # a folder that matches counts as a folder that is given
    assert names(tmp_path, "in/*.tif") == ["b"]
    assert names(tmp_path, "**/*.tif") == ["b", "c"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    touch(tmp_path / "a[1].png")
    assert names(tmp_path, "a[1].png") == ["a[1]"]


def test_results_are_not_taken_for_images(tmp_path: Path) -> None:
    touch(tmp_path / "a.tif", tmp_path / "out" / "a" / "labels.tif")
    assert names(tmp_path, "**/*.tif") == ["a_tif"]  # "a" is taken by a folder that is not ours


def test_an_image_given_twice_is_done_once(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.png")
    assert names(tmp_path, "in", "in/a.png", "in/../in/a.png") == ["a"]


def test_an_explicit_file_is_tried_whatever_its_name(tmp_path: Path) -> None:
    touch(tmp_path / "a.txt")
    assert names(tmp_path, "a.txt") == ["a"]


def test_a_zarr_folder_is_an_image(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.zarr" / "zarr.json")
    assert names(tmp_path, "in") == names(tmp_path, "in/a.zarr") == ["a"]


@pytest.mark.parametrize(
    ("item", "message"), [("empty", "no image files"), ("*.gif", "in quotes"), ("missing.png", "does not exist")]
)
def test_inputs_without_images_are_named(tmp_path: Path, item: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    plan = plan_batch([tmp_path / item], tmp_path / "out")
    assert plan.images == ()
    assert message in plan.unusable[0].message


def test_same_names_in_different_folders_do_not_collide(tmp_path: Path) -> None:
    touch(tmp_path / "one" / "a.png", tmp_path / "two" / "a.png", tmp_path / "two" / "b.png")
    assert names(tmp_path, "one", "two") == ["one_a", "two_a", "b"]
    assert names(tmp_path, "two", "one") == ["two_a", "b", "one_a"]


def test_same_parents_are_told_apart_by_theirs(tmp_path: Path) -> None:
    touch(tmp_path / "one" / "images" / "a.png", tmp_path / "two" / "images" / "a.png")
    assert names(tmp_path, "one/images", "two/images") == ["one_images_a", "two_images_a"]


def test_same_stems_of_different_suffix_do_not_collide(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.png", tmp_path / "in" / "a.tif", tmp_path / "in" / "A.jpg")
    assert names(tmp_path, "in") == ["A_jpg", "a_png", "a_tif"]


def test_a_later_run_with_another_image_of_the_same_name_takes_another_folder(tmp_path: Path) -> None:
    touch(tmp_path / "one" / "a.png", tmp_path / "two" / "a.png")
    result(tmp_path / "out" / "a", tmp_path / "one" / "a.png")
    assert names(tmp_path, "two/a.png") == ["two_a"]
    assert names(tmp_path, "one/a.png") == ["a"]
    assert names(tmp_path, "one", "two") == ["a", "two_a"]


def test_what_is_no_result_is_never_replaced(tmp_path: Path) -> None:
    touch(tmp_path / "a.png", tmp_path / "out" / "a" / "precious.txt", tmp_path / "index.html.png")
    assert "a" not in names(tmp_path, "a.png")
    assert names(tmp_path, "index.html.png") != ["index.html"]


def test_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "out")
    with pytest.raises(OutputError, match="is a file"):
        plan_batch([], tmp_path / "out")


def test_images_are_shown_by_their_files() -> None:
    images = [Path("/in/a.png"), Path("/in/a.tif"), Path("/one/in/b.png"), Path("/two/in/b.png"), Path("c.png")]
    assert shown_names(images) == ["a.png", "a.tif", "one/in/b.png", "two/in/b.png", "c.png"]
    assert shown_names([Path("in/b.png"), Path("b.png"), Path()]) == ["in/b.png", "b.png", "."]


PART = st.sampled_from(["a", "b", "A"])
IMAGES = st.lists(st.tuples(PART, PART, PART, st.sampled_from(["png", "tif"])), min_size=1, max_size=12, unique=True)


@given(IMAGES)
def test_names_are_unique_and_do_not_depend_on_the_order(parts: list[tuple[str, str, str, str]]) -> None:
    images = [Path(f"/{first}/{second}/{stem}.{suffix}") for first, second, stem, suffix in parts]
    given_names = folder_names(images, {})
    assert len({name.casefold() for name in given_names}) == len(images)
    assert all(image.stem in name for image, name in zip(images, given_names, strict=True))
    owners = dict(zip(given_names, images, strict=True))
    assert folder_names(images[::-1], owners) == given_names[::-1]


def test_summaries_are_read_once_and_given_on(tmp_path: Path) -> None:
    touch(tmp_path / "two" / "a.png")
    result(tmp_path / "out" / "a", tmp_path / "one" / "a.png")
    found = read_results(tmp_path / "out")
    (tmp_path / "out" / "a" / "summary.json").unlink()
    assert read_results(tmp_path / "out", found) == found
    assert [image.name for image in plan_batch([tmp_path / "two" / "a.png"], tmp_path / "out", None, found).images] == [
        "two_a"
    ]
