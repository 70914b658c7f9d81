from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.dataset import AnnotatedImage, Dataset, ImageRecord, InstanceMasks
from uniaims.errors import InputError
from uniaims.networks import Normalisation
from uniaims.training import TrainingSettings
from uniaims.training.samples import divided, drawn_sources, kind_numbers, load_data, thinned, validated


def write_folder(folder, stems, sources=None):
    rng = np.random.default_rng(0)
    for stem in stems:
        labels = np.zeros((80, 96), np.uint16)
        cv2.circle(labels, (40, 40), int(rng.integers(8, 20)), 1, -1)
        for kind, array in (("images", (labels * 90 + 20).astype(np.uint8)), ("masks", labels)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / kind / f"{stem}.png"), array)
    if sources:
        lines = ["stem,source", *(f"{stem},{source}" for stem, source in sources.items())]
        (folder / "groups.csv").write_text("\n".join(lines), encoding="utf-8")


def settings_of(*folders, **changes):
    return TrainingSettings(data=folders, output=Path("run"), **changes)


def stems_of(files):
    return [file.stem for file in files]


@given(st.sets(st.text("abcdef", min_size=1), min_size=1), st.floats(0, 1))
def test_sources_are_drawn_by_name_alone_and_never_all(names, share):
    drawn = drawn_sources(names, share)
    assert set(drawn) <= names
    assert len(drawn) == min(round(share * len(names)), len(names) - 1)
    assert drawn == drawn_sources(sorted(names), share)


def test_no_source_is_on_both_sides(tmp_path):
    stems = [f"{source}{number}" for source in "abcdefghij" for number in range(3)]
    write_folder(tmp_path, stems, {stem: stem[0] for stem in stems})
    learned, kept = divided(tmp_path, settings_of(tmp_path, validation_share=0.3))
    assert len(kept) == 9
    assert len(learned) == 21
    assert not {stem[0] for stem in stems_of(learned)} & {stem[0] for stem in stems_of(kept)}


def test_few_images_are_all_learned_from(tmp_path):
    write_folder(tmp_path, "abc")
    learned, kept = divided(tmp_path, settings_of(tmp_path))
    assert (stems_of(learned), kept) == (["a", "b", "c"], ())


def test_validation_folders_rule_over_the_share(tmp_path):
    write_folder(tmp_path / "data", "abcdefghij")
    write_folder(tmp_path / "held", "xy")
    data = load_data(settings_of(tmp_path / "data", validation=(tmp_path / "held",)), Normalisation())
    assert data.sizes == (10,)
    assert stems_of(data.held_out) == ["x", "y"]


def test_a_split_dataset_keeps_its_parts_apart(tmp_path):
    labels = np.zeros((40, 40), np.uint32)
    labels[8:20, 8:20], labels[25:33, 25:33] = 4, 9
    instances = InstanceMasks.from_labels(labels, {4: "pore", 9: "grain"})
    entries = [
        AnnotatedImage(ImageRecord(stem, f"{stem}.png", 40, 40, split=part), instances, (labels * 20).astype(np.uint8))
        for stem, part in (("a", "train"), ("b", "validation"), ("c", "test"), ("d", ""))
    ]
    Dataset.create(tmp_path / "set").add(entries)
    learned, kept = divided(tmp_path / "set", settings_of(tmp_path / "set"))
    assert (stems_of(learned), stems_of(kept)) == (["a", "d"], ["b"])
    assert learned[0].read().kinds == ("pore", "grain")
    assert stems_of(validated(tmp_path / "set")) == ["b"]


def test_training_and_test_parts_are_not_validated_on(tmp_path):
    labels = np.zeros((40, 40), np.uint32)
    labels[8:20, 8:20] = 1
    entries = [
        AnnotatedImage(
            ImageRecord(stem, f"{stem}.png", 40, 40, split=part), InstanceMasks.from_labels(labels), labels.astype("u1")
        )
        for stem, part in (("a", "train"), ("c", "test"))
    ]
    Dataset.create(tmp_path / "set").add(entries)
    with pytest.raises(InputError, match="without validation part"):
        validated(tmp_path / "set")


def test_kinds_of_a_plain_folder(tmp_path):
    write_folder(tmp_path, "abc")
    (tmp_path / "kinds").mkdir()
    for stem, kind in (("a", "pore"), ("b", "grain")):
        (tmp_path / "kinds" / f"{stem}.csv").write_text(f"label,kind\n1,{kind}\n", encoding="utf-8")
    settings = settings_of(tmp_path, kinds=("grain", "pore"))
    kinds = [sample.kinds.tolist() for sample in load_data(settings, Normalisation()).samples]
    assert kinds == [[-1, 1], [-1, 0], []]
    strange = replace(settings, kinds=("pore", "pores"))
    with pytest.raises(InputError, match="no object to learn from is of the kind pores"):
        load_data(strange, Normalisation())
    assert len(load_data(replace(strange, initial_weights="parent"), Normalisation()).samples) == 3
    (tmp_path / "kinds" / "a.csv").write_text("label,kind\none,pore\n", encoding="utf-8")
    with pytest.raises(InputError, match="Wanted label,kind"):
        load_data(settings, Normalisation())


def test_kinds_nobody_asked_for_are_none():
    assert kind_numbers(["pore", "", "grain"], ["grain"]).tolist() == [-1, -1, -1, 0]
    assert kind_numbers(["pore"], []).size == 0


def test_a_large_group_leaves_room_for_small_ones():
    groups = [list(range(100)), [1000, 1001], []]
    assert thinned(groups, 6) == (0, 33, 66, 99, 1000, 1001)
    assert thinned(groups, 1000) == (*range(100), 1000, 1001)


def test_synthetic_samples_are_mixed_in_and_made_once(tmp_path):
    write_folder(tmp_path / "data", "ab")
    settings = settings_of(tmp_path / "data", synthetic=("powder",), synthetic_count=2, synthetic_share=0.25)
    settings = replace(settings, output=tmp_path / "run", loader_threads=1)
    data = load_data(settings, Normalisation())
    assert data.sizes == (2, 2)
    assert data.shares == pytest.approx((0.75, 0.25))
    images = sorted((tmp_path / "run" / "synthetic" / "images").iterdir())
    times = [path.stat().st_mtime_ns for path in images]
    again = load_data(settings, Normalisation())
    assert [path.stat().st_mtime_ns for path in images] == times

    def stop(_stage, done, _total):
        if done:
            raise KeyboardInterrupt(15)

    with pytest.raises(KeyboardInterrupt) as stopped:
        load_data(replace(settings, output=tmp_path / "other"), Normalisation(), stop)
    assert stopped.value.args == (15,)
    np.testing.assert_array_equal(again.samples[-1].gray, data.samples[-1].gray)
