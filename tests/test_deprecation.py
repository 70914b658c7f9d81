"""Names that changed still work, and say what they are now."""

import json
from dataclasses import dataclass, replace
from importlib import import_module

import pytest

from uniaims.deprecation import OldAttribute, old_argument, takes_old_fields
from uniaims.flow_settings import FlowSettings
from uniaims.pipeline.results import Summary
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.pipeline.ways import Way
from uniaims.segmenter.settings import SegmenterSettings
from uniaims.settings import former_names, from_table


@pytest.mark.parametrize(
    ("module", "old", "home", "new"),
    [
        ("scalebar", "Box", "boxes", "Box"),
        ("scalebar", "content_box", "content", "content_box"),
        ("dataset", "Instances", "dataset", "InstanceMasks"),
        ("dataset", "Entry", "dataset", "AnnotatedImage"),
        ("synthesis.scalebars", "Wear", "synthesis.scalebars", "Degradation"),
        ("synthesis.scalebars", "worn", "synthesis.scalebars", "degraded"),
        ("dataset.instances", "Instances", "dataset", "InstanceMasks"),
        ("measurements.quantities", "QUANTITIES", "measurements.units", "QUANTITIES"),
        ("report.census", "take_census", "report.image_counts", "image_counts"),
        ("report.columns", "eye_unit", "report.columns", "display_unit"),
    ],
)
def test_the_old_name_is_the_new_thing_and_warns(module: str, old: str, home: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"{old} goes with the next release: use uniaims.*{new}") as heard:
        found = getattr(import_module(f"uniaims.{module}"), old)
    assert found is getattr(import_module(f"uniaims.{home}"), new)
    assert heard[0].filename == __file__


def test_what_never_was_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = import_module("uniaims.scalebar").no_such_name
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = import_module("uniaims.dataset").no_such_name


def test_old_attributes_lead_to_the_new_ones() -> None:
    class Thing:
        new, old = 7, OldAttribute("new")

    with pytest.warns(DeprecationWarning, match=r"Thing\.old goes with the next release: use new") as heard:
        assert Thing().old == 7
    assert heard[0].filename == __file__


@takes_old_fields
@dataclass(frozen=True)
class Sieve:
    mesh_um: float = 63.0

    width = OldAttribute("mesh_um")


def test_a_field_can_be_given_by_its_old_name() -> None:
    with pytest.warns(DeprecationWarning, match=r"Sieve\(width=\) goes with the next release: use mesh_um") as heard:
        assert Sieve(width=45.0) == Sieve(45.0)
    assert heard[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="width="):
        assert replace(Sieve(), width=45.0) == Sieve(45.0)
    with pytest.raises(TypeError, match="height"):
        Sieve(height=1.0)  # type: ignore[call-arg]


def test_a_file_can_give_a_field_by_its_old_name() -> None:
    with pytest.warns(DeprecationWarning, match=r"sieve\.toml: width goes with the next release: use mesh_um"):
        assert from_table(Sieve, {"width": 45}, "sieve.toml") == Sieve(45.0)


def test_old_names_inside_of_other_settings_are_known() -> None:
    with pytest.warns(DeprecationWarning, match="parting_weight"):
        settings = from_table(SegmenterSettings, {"flow": {"parting_weight": 0.5}}, "settings")
    assert settings.flow.divergence_weight == 0.5


def test_results_of_old_names_were_made_the_same_way() -> None:
    about = {"image": "a.png", "model": "m", "model_hash": "0", "version": "1"}
    made = [
        Summary.from_json(json.dumps(about | {"settings": {"segmenter": {"flow": {name: 0.5}}}}))
        for name in ("parting_weight", "divergence_weight")
    ]
    assert not Way.of_summary(made[0]).change(Way.of_summary(made[1]))


def test_settings_of_today_tell_what_they_were_called() -> None:
    assert former_names(AnalysisSettings)["parting_weight"] == "divergence_weight"
    with pytest.warns(DeprecationWarning, match="divergence_threshold"):
        assert FlowSettings(parting_roughness=2.0) == FlowSettings(divergence_threshold=2.0)  # type: ignore[call-arg]


def test_old_arguments_are_taken_for_the_new_ones() -> None:
    @old_argument("old", "new")
    def called(first: int, new: int = 0) -> tuple[int, int]:
        """Give what came."""
        return first, new

    assert called(1, 2) == called(1, new=2) == (1, 2)
    with pytest.warns(DeprecationWarning, match=r"called\(old=\) goes with the next release: use new") as heard:
        assert called(1, old=3) == (1, 3)
    assert heard[0].filename == __file__
