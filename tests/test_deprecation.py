"""Names that changed still work, and say what they are now."""

from importlib import import_module

import pytest

from uniaims.deprecation import OldAttribute


@pytest.mark.parametrize(
    ("module", "old", "home", "new"),
    [
        ("scalebar", "Box", "boxes", "Box"),
        ("scalebar", "content_box", "content", "content_box"),
        ("dataset", "Instances", "dataset", "InstanceMasks"),
        ("dataset.instances", "Instances", "dataset", "InstanceMasks"),
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
