import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uniaims.dataset import open_samples
from uniaims.errors import OutputError, SettingsError
from uniaims.labels import read_labels
from uniaims.synthesis import (
    RECIPES,
    ProductionSettings,
    Recipe,
    Teacher,
    production,
    read_recipe,
    recipes_like,
    render_sample,
    synthesise,
)
from uniaims.synthesis.production import COLUMNS, Order, make, read_record, read_whole
from uniaims.synthesis.scenes import Heap

SMALL = ProductionSettings(count=4, size="64x96")
NAMES = ("tem-spheres", "rods")


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_is_a_dataset_and_its_table_tells_everything(tmp_path: Path) -> None:
    done = synthesise(NAMES, tmp_path, SMALL)
    assert (done.made, done.kept, done.samples, done.interrupted, done.signal) == (4, 0, 4, False, 0)
    samples = open_samples(tmp_path)
    assert [file.stem for file in samples] == ["rods-000000", "rods-000001", "tem-spheres-000000", "tem-spheres-000001"]
    with (tmp_path / "samples.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == COLUMNS
    for file, row in zip(samples, rows, strict=True):
        sample = file.read()
        rendered = render_sample(row["recipe"], int(row["seed"]), (64, 96))
        assert sample.stem == row["stem"]
        np.testing.assert_array_equal(sample.micrograph.pixels, rendered.image)
        np.testing.assert_array_equal(sample.labels, rendered.labels)
        assert sample.labels.max() == int(row["instance_count"])
        assert float(row["pixel_size_nm"]) == rendered.pixel_size_nm
        assert (row["width_px"], row["height_px"], row["synthetic"]) == ("96", "64", "True")
        assert row["modality"] in {"SEM", "TEM"}
    assert done.instance_count == sum(int(row["instance_count"]) for row in rows)


def test_the_images_say_that_they_are_synthetic(tmp_path: Path) -> None:
    synthesise(["rods"], tmp_path, replace(SMALL, count=1))
    path = tmp_path / "images" / "rods-000000.png"
    with Image.open(path) as image:
        assert "Synthetic" in image.info["Title"]
    record = read_record(path)
    assert record is not None
    assert record["synthetic"] is True
    assert set(record) == set(COLUMNS)


def test_several_workers_make_the_same_files(tmp_path: Path) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    synthesise(NAMES, alone, SMALL)
    synthesise(NAMES, together, replace(SMALL, workers=2))
    assert files_of(alone) == files_of(together)


def test_a_second_call_goes_on_and_changes_nothing_that_is_there(tmp_path: Path) -> None:
    synthesise(NAMES, tmp_path, replace(SMALL, count=3))
    before = files_of(tmp_path)
    told: list[tuple[str, int, int]] = []
    done = synthesise(NAMES, tmp_path, replace(SMALL, count=5), progress=lambda *what: told.append(what))
    assert (done.made, done.kept, done.samples) == (2, 3, 5)
    assert told[0] == ("samples", 3, 5)
    assert told[-1] == ("samples", 5, 5)
    after = files_of(tmp_path)
    assert {name: after[name] for name in before if name != "samples.csv"} == {
        name: data for name, data in before.items() if name != "samples.csv"
    }


def test_a_stopped_call_leaves_whole_samples_and_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopping(order: Order) -> str:
        if order.seed == 2:
            raise KeyboardInterrupt(15)
        return make(order)

    monkeypatch.setattr(production, "make", stopping)
    done = synthesise(["rods"], tmp_path, SMALL)
    assert (done.interrupted, done.signal) == (True, 15)
    assert done.samples == done.made == 2
    assert len(open_samples(tmp_path)) == 2
    monkeypatch.undo()
    assert synthesise(["rods"], tmp_path, SMALL).kept == 2


def test_a_sample_that_died_half_way_is_made_again(tmp_path: Path) -> None:
    synthesise(["rods"], tmp_path, replace(SMALL, count=2))
    before = files_of(tmp_path)
    (tmp_path / "images" / "rods-000001.png").unlink()
    (tmp_path / "masks" / "rods-000001.png").write_bytes(b"half")
    assert synthesise(["rods"], tmp_path, replace(SMALL, count=2)).made == 1
    assert files_of(tmp_path) == before


def test_samples_made_otherwise_are_not_mixed_up(tmp_path: Path) -> None:
    synthesise(["rods"], tmp_path, replace(SMALL, count=1))
    with pytest.raises(OutputError, match=r"rods-000000\.png: made with another recipe or size.*--overwrite"):
        synthesise(["rods"], tmp_path, replace(SMALL, count=1, size="64"))
    other = replace(RECIPES["rods"], description="Other.")
    with pytest.raises(OutputError, match=r"rods\.toml: another recipe"):
        synthesise([other], tmp_path, replace(SMALL, count=1, seed=7))
    assert synthesise(["rods"], tmp_path, replace(SMALL, count=1, size="64", overwrite=True)).made == 1
    assert read_labels(tmp_path / "masks" / "rods-000000.png").shape == (64, 64)


def test_the_stored_recipe_makes_the_same_sample_again(
    tmp_path: Path, ellipses: Callable[..., np.ndarray], picture: Callable[[np.ndarray], np.ndarray]
) -> None:
    recipes = recipes_like([Teacher(picture(ellipses(1)), ellipses(1))])
    synthesise(recipes, tmp_path / "first", replace(SMALL, count=1))
    stored = read_recipe(tmp_path / "first" / "recipes" / "like-01.toml")
    synthesise([stored], tmp_path / "second", replace(SMALL, count=1))
    first, second = (files_of(tmp_path / name) for name in ("first", "second"))
    assert first["images/like-01-000000.png"] == second["images/like-01-000000.png"]
    assert first["masks/like-01-000000.png"] == second["masks/like-01-000000.png"]


def test_banners_come_with_their_truth(tmp_path: Path) -> None:
    synthesise(["tem-rods"], tmp_path, ProductionSettings(count=1, size="128x256", banner=True))
    record = read_record(tmp_path / "images" / "tem-rods-000000.png")
    assert record is not None
    length_px = record["bar_x1_px"] - record["bar_x0_px"]
    assert length_px == pytest.approx(record["bar_length_nm"] / record["pixel_size_nm"], abs=0.5)
    assert record["bar_y0_px"] == record["bar_y1_px"] > 128
    assert record["bar_style"]
    assert record["banner_top_px"] == record["scene_height_px"] == 128
    assert record["height_px"] > 128
    (sample,) = open_samples(tmp_path)
    assert not sample.read().labels[128:].any()


def test_whole_outlines_hold_what_is_seen(tmp_path: Path) -> None:
    pile = Recipe("pile", Heap(("sphere",), diameter_px=(24.0, 24.0), cover=(0.9, 0.9), pile=(2.0, 2.0)))
    synthesise([pile], tmp_path, ProductionSettings(count=1, size="128", whole=True))
    whole = read_whole(tmp_path / "whole" / "pile-000000.npz")
    labels = read_labels(tmp_path / "masks" / "pile-000000.png")
    assert len(whole) == labels.max()
    hidden = 0
    for number, outline in enumerate(whole, start=1):
        canvas = np.zeros(labels.shape, bool)
        height, width = outline.mask.shape
        canvas[outline.top : outline.top + height, outline.left : outline.left + width] = outline.mask
        assert canvas[labels == number].all()
        hidden += np.count_nonzero(canvas & (labels != number))
    assert hidden > 0


def test_more_labels_than_a_png_holds_go_to_a_tiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(production, "_PNG_LABELS", 1)
    synthesise(["rods"], tmp_path, replace(SMALL, count=1))
    assert [path.name for path in (tmp_path / "masks").iterdir()] == ["rods-000000.tif"]
    monkeypatch.undo()
    synthesise(["rods"], tmp_path, replace(SMALL, count=1, overwrite=True))
    assert [path.name for path in (tmp_path / "masks").iterdir()] == ["rods-000000.png"]


def test_images_of_others_are_no_records(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "plain.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    assert read_record(tmp_path / "plain.png") is None
    assert read_record(tmp_path / "broken.png") is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": 0}, "at least 1 sample"),
        ({"workers": 0}, "1 worker"),
        ({"seed": -1}, "seeds from 0"),
        ({"seed": 2**32}, "seeds from 0"),
        ({"size": "large"}, "'large'.*768x1024"),
        ({"size": "1x2x3"}, "'1x2x3'"),
        ({"size": ""}, "''"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        ProductionSettings(**wrong)  # type: ignore[arg-type]


def test_recipes_of_one_name_and_no_recipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="rods, rods"):
        synthesise(["rods", "rods"], tmp_path, SMALL)
    with pytest.raises(SettingsError, match="none"):
        synthesise([], tmp_path, SMALL)
