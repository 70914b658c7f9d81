"""Looks of bars and labels that can't be are refused by name."""

import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.scalebars.looks import BAR_KINDS, PLACES, BarLook, LabelLook


def test_kinds_and_places_are_those_that_can_be_drawn() -> None:
    assert [BarLook(kind).kind for kind in BAR_KINDS] == list(BAR_KINDS)
    with pytest.raises(SettingsError, match=r"bar is 'wavy': wanted one of .*plain"):
        BarLook("wavy")


def test_a_label_stands_at_known_places() -> None:
    assert LabelLook(places=PLACES).places == PLACES
    with pytest.raises(SettingsError, match="'nowhere'"):
        LabelLook(places=("above", "nowhere"))
