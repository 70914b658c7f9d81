"""Batches: skip what is done, go on after failures, stop cleanly, join the results."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import polars
import pytest
import tifffile
import zarr

from uniaims.errors import OutputError, SettingsError
from uniaims.labels import read_labels
from uniaims.names import shown, shown_name
from uniaims.pipeline import AnalysisSettings, BatchResult, analyse, analyse_batch
from uniaims.pipeline.plan import OVERVIEW_FILES
from uniaims.segmenter import Segmenter, SegmenterSettings

SETTINGS = AnalysisSettings(SegmenterSettings(diameter_px=24.0))


@pytest.fixture
def images(slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path) -> Path:
    """A folder with three images."""
    (tmp_path / "in").mkdir()
    for seed, name in enumerate("abc"):
        cv2.imwrite(str(tmp_path / "in" / f"{name}.png"), cones(90, 100 + seed, seed).image)
    return tmp_path / "in"


def run(images: Path, settings: AnalysisSettings = SETTINGS, **options: Any) -> BatchResult:
    return analyse_batch([images], images.parent / "out", settings, **options)


def statuses(result: BatchResult) -> dict[str, str]:
    return {outcome.name: outcome.status for outcome in result.outcomes}


def test_results_overview_and_joined_table(images: Path) -> None:
    result = run(images)
    output = images.parent / "out"
    assert statuses(result) == dict.fromkeys("abc", "done")
    assert sorted(path.name for path in output.iterdir()) == ["a", "b", "c", *OVERVIEW_FILES]
    table = polars.read_parquet(output / "measurements.parquet")
    counts = {outcome.name: outcome.instance_count for outcome in result.outcomes}
    assert dict(table.group_by("image").len().iter_rows()) == counts
    page = (output / "index.html").read_text(encoding="utf-8")
    assert all(f"{name}/report.html" in page for name in "abc")
    assert polars.read_csv(output / "measurements.csv").columns == table.columns
    assert polars.read_csv(output / "measurements.csv")["image"].to_list() == table["image"].to_list()
    assert result.differing == ()
    assert "different ways" not in page


def test_a_second_run_skips_what_is_done_and_still_lists_it(images: Path) -> None:
    run(images)
    before = (images.parent / "out" / "a" / "summary.json").stat().st_mtime_ns
    result = run(images)
    assert statuses(result) == dict.fromkeys("abc", "skipped")
    assert all(outcome.instance_count for outcome in result.outcomes)
    assert (images.parent / "out" / "a" / "summary.json").stat().st_mtime_ns == before
    assert "a/report.html" in (images.parent / "out" / "index.html").read_text(encoding="utf-8")


def test_overwrite_does_all_again(images: Path) -> None:
    run(images)
    assert statuses(run(images, overwrite=True)) == dict.fromkeys("abc", "done")


def test_what_is_no_longer_right_is_made_again(images: Path) -> None:
    run(images)
    output = images.parent / "out"
    (output / "a" / "overlay.png").unlink()
    os.utime(images / "b.png", ns=(1, 1))
    result = run(images)
    reasons = {outcome.name: outcome.message for outcome in result.outcomes}
    assert reasons == {"a": "its results were incomplete", "b": "the image has changed", "c": ""}
    summary = json.loads((output / "c" / "summary.json").read_text())
    del summary["image_state"]
    (output / "c" / "summary.json").write_text(json.dumps(summary))
    assert run(images).having("done")[0].message == "its results were written by an older version"


def test_what_an_older_version_did_not_know_was_as_usual(images: Path) -> None:
    run(images)
    place = images.parent / "out" / "c" / "summary.json"
    summary = json.loads(place.read_text())
    del summary["settings"]["panel"]
    place.write_text(json.dumps(summary))
    assert statuses(run(images)) == {"a": "skipped", "b": "skipped", "c": "skipped"}


def _all_files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_results_of_other_settings_are_neither_replaced_nor_mixed(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = images.parent / "out"
    analyse_batch([images / "a.png"], output, AnalysisSettings(SETTINGS.segmenter, "2.5 um"))
    before = _all_files(output)
    with pytest.raises(SettingsError, match=r"\(a.png\). Pixel size given by the user: 2.5 µm there, 3 nm now"):
        run(images, AnalysisSettings(SETTINGS.segmenter, "3 nm"))
    with pytest.raises(SettingsError, match=r"Object diameter: 24 px there, 30 px now; Pixel .* now.*--overwrite"):
        analyse_batch([images / "b.png"], output, AnalysisSettings(SegmenterSettings(diameter_px=30.0)))
    with monkeypatch.context() as patch:
        patch.setattr("uniaims.pipeline.ways.__version__", "99")
        with pytest.raises(SettingsError, match=r"Version: .* there, 99 now"):
            run(images, AnalysisSettings(SETTINGS.segmenter, "2.5 um"))
    assert _all_files(output) == before
    for same in ("2.5 μm", "2500 nm", "2,5 µm", "2.5 x 2.5 um"):
        assert statuses(analyse_batch([images / "a.png"], output, AnalysisSettings(SETTINGS.segmenter, same))) == {
            "a": "skipped"
        }
    other = run(images, AnalysisSettings(SETTINGS.segmenter, "3 nm"), overwrite=True)
    assert [each.message for each in other.outcomes] == ["you asked to", "", ""]
    assert other.differing == ()


def test_the_device_does_not_make_results_old(images: Path) -> None:
    run(images)
    on_cpu = AnalysisSettings(SegmenterSettings(diameter_px=24.0, device="cpu"))
    assert statuses(run(images, on_cpu)) == dict.fromkeys("abc", "skipped")


def test_a_bad_image_does_not_stop_the_others_and_leaves_nothing(images: Path) -> None:
    (images / "b.png").write_bytes(b"no image")
    result = run(images)
    output = images.parent / "out"
    assert statuses(result) == {"a": "done", "b": "failed", "c": "done"}
    assert "b.png" in result.having("failed")[0].message
    assert sorted(path.name for path in output.iterdir()) == ["a", "c", *OVERVIEW_FILES]
    assert "b.png" in (output / "index.html").read_text(encoding="utf-8")


def test_a_fault_of_ours_is_recorded_with_its_type(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Segmenter.__call__

    def faulty(self: Segmenter, image: Any, *rest: Any) -> Any:
        if image.path.stem == "b":
            raise ZeroDivisionError("by nothing")
        return whole(self, image, *rest)

    monkeypatch.setattr(Segmenter, "__call__", faulty)
    result = run(images)
    assert statuses(result) == {"a": "done", "b": "failed", "c": "done"}
    assert "ZeroDivisionError: by nothing" in result.having("failed")[0].message


def test_want_of_memory_is_told_with_advice(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(Segmenter, "__call__", greedy)
    assert all("memory" in outcome.message for outcome in run(images).having("failed"))


def test_an_interruption_keeps_what_is_finished(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Segmenter.__call__

    def interrupted(self: Segmenter, image: Any, *rest: Any) -> Any:
        if image.path.stem == "b":
            raise KeyboardInterrupt(15)
        return whole(self, image, *rest)

    monkeypatch.setattr(Segmenter, "__call__", interrupted)
    result = run(images)
    output = images.parent / "out"
    assert (result.interrupted, result.signal) == (True, 15)
    assert statuses(result) == {"a": "done"}
    assert sorted(path.name for path in output.iterdir()) == ["a", *OVERVIEW_FILES]
    monkeypatch.undo()


def test_images_with_and_without_pixel_size_join(images: Path) -> None:
    run(images, AnalysisSettings(SETTINGS.segmenter, "2 nm"))
    (images / "b.png").unlink()
    (images / "c.png").unlink()
    run(images, overwrite=True)
    table = polars.read_parquet(images.parent / "out" / "measurements.parquet")
    in_pixels = table.filter(polars.col("image") == "a")
    assert in_pixels["area_nm2"].null_count() == in_pixels.height > 0
    assert table.filter(polars.col("image") == "b")["area_px2"].null_count() > 0


def test_damaged_results_are_named_and_can_be_made_anew(images: Path) -> None:
    run(images)
    (images.parent / "out" / "b" / "measurements.parquet").write_bytes(b"no table")
    result = run(images)
    assert statuses(result)["a"] == "skipped"
    assert "--overwrite" in result.having("failed")[0].message
    assert statuses(run(images, overwrite=True)) == dict.fromkeys("abc", "done")


def test_an_input_that_is_not_there_takes_no_result_away(images: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    analyse_batch([images / "a.png"], output, SETTINGS)
    analyse_batch(["a", images / "b.png"], output, SETTINGS)
    assert set(polars.read_parquet(output / "measurements.parquet")["image"]) == {"a", "b"}


def test_where_nothing_can_be_analysed_nothing_is_made(slope_model_loaded: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no image")
    result = analyse_batch([tmp_path / "missing.png", tmp_path / "bad.png"], tmp_path / "out" / "here", SETTINGS)
    assert statuses(result) == {str(tmp_path / "missing.png"): "failed", "bad": "failed"}
    assert not (tmp_path / "out").exists()
    (tmp_path / "out" / "here").mkdir(parents=True)
    analyse_batch([tmp_path / "bad.png"], tmp_path / "out" / "here", SETTINGS)
    assert list((tmp_path / "out" / "here").iterdir()) == []


def test_the_overview_names_files(images: Path) -> None:
    (images / "a.tif").write_bytes(b"no image")
    run(images)
    page = (images.parent / "out" / "index.html").read_text(encoding="utf-8")
    assert all(f">{name}<" in page for name in ("a.png", "a.tif", "b.png"))


def test_progress_counts_images(images: Path) -> None:
    told: list[tuple[str, int, int]] = []
    run(images, progress=lambda *step: told.append(step))
    assert [step for step in told if step[0] == "images"] == [("images", done, 3) for done in range(4)]
    assert ("network", 1, 1) in told


def test_an_output_that_cannot_be_made_is_refused(images: Path) -> None:
    with pytest.raises(OutputError, match="can't be made"):
        analyse_batch([images], images / "a.png" / "out", SETTINGS)


def test_no_workers_is_refused(images: Path) -> None:
    with pytest.raises(SettingsError, match="at least 1"):
        run(images, workers=0)


def test_two_runs_give_the_same_files(images: Path) -> None:
    run(images)
    analyse_batch([images], images.parent / "again", SETTINGS)
    for name in ("labels.tif", "measurements.csv", "overlay.png"):
        first, second = (images.parent / folder / "a" / name for folder in ("out", "again"))
        assert first.read_bytes() == second.read_bytes()
    first, second = (json.loads((images.parent / f / "a" / "summary.json").read_text()) for f in ("out", "again"))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_a_changed_side_car_makes_an_image_due_again(images: Path) -> None:
    run(images)
    (images / "b.txt").write_text("PixelSize=2.5\nInstructName=SU8000\n", encoding="utf-8")
    assert statuses(run(images)) == {"a": "skipped", "b": "done", "c": "skipped"}


def test_a_run_with_nothing_to_do_leaves_the_overview_as_it_is(images: Path) -> None:
    run(images)
    page = images.parent / "out" / "index.html"
    before = page.stat().st_mtime_ns
    run(images)
    assert page.stat().st_mtime_ns == before
    page.unlink()
    run(images)
    assert page.is_file()


def test_without_an_image_no_folder_is_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = analyse_batch([tmp_path / "empty"], tmp_path / "out")
    assert [outcome.status for outcome in result.outcomes] == ["failed"]
    assert not (tmp_path / "out").exists()


NAMES = [
    *("a[1]", "a1", "[x", "b*", "bc", "?", "=1+1", "-5", "x\n\x1b[31m", "\u202egnp", "y" * 250, "<b>&\"'"),
    *("Gef\u00fcge", "Gefu\u0308ge", ".hidden", "..", "a_page001", os.fsdecode(b"\xff\xfe"), os.fsdecode(b"\xff\xff")),
]


def test_names_are_data(slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path) -> None:
    """Each result holds its own image's rows, whatever the names of image and output folder; a second run finds it."""
    files = []
    for seed, name in enumerate(NAMES):
        files.append(tmp_path / "in" / f"{name}.png")
        files[-1].parent.mkdir(exist_ok=True)
        _, data = cv2.imencode(".png", cones(60, 60 + seed, seed).image)
        files[-1].write_bytes(data.tobytes())
    output = tmp_path / os.fsdecode(b"res [2024] \xff")
    result = analyse_batch(files, output, SETTINGS)
    assert [(each.status, each.message) for each in result.outcomes] == [("done", "")] * len(NAMES)
    folders = {each.name for each in result.outcomes}
    assert len(folders) == len(NAMES)
    joined = polars.read_parquet((output / "measurements.parquet").read_bytes())
    for number, outcome in enumerate(result.outcomes):
        own = polars.read_csv((output / outcome.name / "measurements.csv").read_bytes())
        assert own.height == joined.filter(polars.col("image") == outcome.name).height == outcome.instance_count
        summary = json.loads((output / outcome.name / "summary.json").read_bytes())
        assert summary["shape"] == [60, 60 + number]
        assert shown_name(summary["image"]) == summary["image"]
    for page in output.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert text == shown(text)
        assert "<b>&" not in text
    assert {each.status for each in analyse_batch(files, output, SETTINGS).outcomes} == {"skipped"}


def test_a_changed_folder_is_a_changed_image(
    slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path
) -> None:
    array = zarr.create_array(tmp_path / "z.zarr", shape=(80, 90), dtype="u1", chunks=(40, 90))
    array[...] = cones(80, 90).image
    run = partial(analyse_batch, [tmp_path / "z.zarr"], tmp_path / "out", SETTINGS)
    assert [statuses(run()), statuses(run())] == [{"z": "done"}, {"z": "skipped"}]
    array[...] = cones(80, 90, 1).image
    assert run().outcomes[0].message == "the image has changed"
    oldest = min((tmp_path / "z.zarr").rglob("*"), key=lambda path: path.stat().st_mtime_ns)
    os.utime(oldest, ns=(1, 1))  # neither the size nor the newest time tells
    assert run().outcomes[0].message == "the image has changed"


def test_a_side_car_of_the_same_size_and_an_older_time_is_another(images: Path) -> None:
    car = images / "b.txt"
    car.write_text("PixelSize=2.5\nInstructName=SU8000\n", encoding="utf-8")
    run(images)
    car.write_text("PixelSize=5.5\nInstructName=SU8000\n", encoding="utf-8")
    os.utime(car, ns=(1, 1))
    assert statuses(run(images)) == {"a": "skipped", "b": "done", "c": "skipped"}


def test_a_change_while_it_is_analysed_is_seen_next_time(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Segmenter.__call__

    def changing(self: Segmenter, image: Any, *rest: Any) -> Any:
        os.utime(image.path, ns=(5, 5))
        return whole(self, image, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Segmenter, "__call__", changing)
        run(images)
    assert {each.message for each in run(images).outcomes} == {"the image has changed"}


def test_different_ways_in_one_folder_are_told(images: Path) -> None:
    output = images.parent / "out"
    analyse_batch([images / "a.png"], output, SETTINGS)
    other = AnalysisSettings(SegmenterSettings(diameter_px=30.0), "2 nm")
    result = analyse_batch([images / "b.png"], output, other, overwrite=True)
    assert result.differing == ("Object diameter", "Pixel size given by the user")
    page = (output / "index.html").read_text(encoding="utf-8")
    assert "analysed in different ways" in page
    assert "1 image: b.png" in page
    assert analyse_batch([images / "b.png"], output, SETTINGS, overwrite=True).differing == ()
    assert "analysed in different ways" not in (output / "index.html").read_text(encoding="utf-8")


def test_all_pages_have_their_own_results(slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path) -> None:
    stack = np.stack([cones(80, 90, seed).image for seed in range(3)])
    tifffile.imwrite(tmp_path / "s.tif", stack, photometric="minisblack")
    tifffile.imwrite(tmp_path / "one.tif", stack[0])
    (tmp_path / "bad.tif").write_bytes(b"no image")
    every = AnalysisSettings(SETTINGS.segmenter, page="all")
    result = analyse_batch([tmp_path], tmp_path / "out", every)
    done = ["one", "s_page000", "s_page001", "s_page002"]
    assert statuses(result) == {"bad": "failed"} | dict.fromkeys(done, "done")
    assert [each.page for each in result.having("done")] == [None, 0, 1, 2]
    assert result.differing == ()
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert all(f">{name}<" in page for name in ("one.tif", "s.tif, page 0", "s.tif, page 2"))
    reference = analyse(stack[2], SETTINGS)
    assert (read_labels(tmp_path / "out" / "s_page002" / "labels.tif") == reference.segmentation.labels).all()
    assert analyse_batch([tmp_path / "s.tif"], tmp_path / "out", every).having("skipped")[2].page == 2
    one = analyse_batch([tmp_path / "s.tif"], tmp_path / "out", AnalysisSettings(SETTINGS.segmenter, page=1))
    assert statuses(one) == {"s_page001": "skipped"}
    assert not any("choose one with --page" in each for each in json.loads(
        (tmp_path / "out" / "s_page000" / "summary.json").read_text())["warnings"])  # fmt: skip


def test_some_pages_have_their_own_results_and_keep_their_folders(
    slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path
) -> None:
    stack = np.stack([cones(60, 70, seed).image for seed in range(3)])
    tifffile.imwrite(tmp_path / "s.tif", stack, photometric="minisblack")

    def names(page: Any) -> dict[str, str]:
        settings = AnalysisSettings(SETTINGS.segmenter, page=page)
        return statuses(analyse_batch([tmp_path / "s.tif"], tmp_path / "out", settings))

    assert names(None) == {"s": "done"}
    assert names((2, 1)) == {"s_page002": "done", "s_page001": "done"}
    assert names("all") == {"s": "skipped", "s_page001": "skipped", "s_page002": "skipped"}
    assert names((1, 5)) == {"s_page001": "skipped", "s_page005": "failed"}


def test_one_analysis_is_of_one_page(slope_model_loaded: Any, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="one page"):
        analyse(tmp_path / "s.tif", AnalysisSettings(page="all"))
    with pytest.raises(SettingsError, match="counted from 0"):
        AnalysisSettings(page=-1)
