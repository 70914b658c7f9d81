"""How results were made, and in what two ways differ."""

import json
from dataclasses import replace

import pytest

from uniaims.pipeline.results import Summary
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.pipeline.ways import MODEL, VERSION, Way, differing
from uniaims.segmenter import SegmenterSettings
from uniaims.version import __version__

BEFORE, NOW = Way({"Model": "a", "Tile": "512 px", "Mode": "x"}), Way({"Model": "a", "Tile": "256 px", "New": "1"})


def summary(model_hash="0" * 64, version="1", detector_hash=None, **settings):
    about = {"image": "a.png", "model": "m", "model_hash": model_hash, "version": version}
    return Summary.from_json(json.dumps(about | {"settings": settings, "detector_hash": detector_hash}))


def test_only_what_differs_is_told_in_the_order_of_the_facts():
    assert differing([BEFORE, NOW]) == ["Tile", "Mode", "New"]
    assert BEFORE.change(NOW) == "Tile: 512 px there, 256 px now; Mode: x there, none now; New: none there, 1 now"
    assert BEFORE.change(Way(dict(BEFORE.facts))) == ""
    assert differing([BEFORE]) == differing([]) == []


def test_one_among_many_is_enough_to_differ():
    assert differing([BEFORE, BEFORE, Way({**BEFORE.facts, "Model": "b"}), BEFORE]) == ["Model"]


def test_files_are_told_by_the_beginning_of_their_hash():
    way = Way.of_summary(summary("0123456789abcdef" * 4, "2.1", "fedcba9876543210" * 4))
    assert "m (0123456789" in way.facts[MODEL]
    assert len(way.facts[MODEL]) < 40
    assert way.facts[VERSION] == "2.1"
    assert [value for value in way.facts.values() if value.startswith("fedcba")]


@pytest.mark.parametrize("other", [{"model_hash": "1" * 64}, {"version": "2"}, {"detector_hash": "2" * 64}])
def test_another_file_or_version_is_another_way(other):
    assert len(differing([Way.of_summary(summary()), Way.of_summary(summary(**other))])) == 1


def test_what_an_older_version_did_not_know_was_as_usual():
    told = summary(segmenter={"tile_px": SegmenterSettings().tile_px})
    assert Way.of_summary(told).change(Way.of_summary(summary())) == ""
    changed = summary(segmenter={"tile_px": 128})
    assert Way.of_summary(changed).change(Way.of_summary(summary())).startswith("Side of a tile: 128 px there, ")


def test_results_are_made_as_their_settings_would_make_them_now(slope_model):
    settings = AnalysisSettings(SegmenterSettings(diameter_px=24.0), pixel_size="2.5 nm")
    way = Way.of_settings(settings, slope_model.info)
    assert way.facts[VERSION] == __version__
    assert way.facts["Object diameter"] == "24 px"
    finer = replace(settings, segmenter=SegmenterSettings(diameter_px=30.0))
    assert way.change(Way.of_settings(finer, slope_model.info)) == "Object diameter: 24 px there, 30 px now"
    elsewhere = replace(settings, segmenter=replace(settings.segmenter, device="cpu"))
    assert way.change(Way.of_settings(elsewhere, slope_model.info)) == ""  # results do not depend on it


def test_one_length_in_two_units_is_the_same(slope_model):
    here, there = (
        Way.of_settings(AnalysisSettings(pixel_size=size), slope_model.info) for size in ("2500 nm", "2.5 µm")
    )
    assert here.change(there) == ""
