"""How an image may be cut into tiles."""

import pytest

from uniaims.errors import SettingsError
from uniaims.tiling import Tiling


@pytest.mark.parametrize("wrong", [{"tile_px": 0}, {"multiple_of": 0}, {"batch": 0}, {"overlap_px": -1}])
def test_what_can_not_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="at least 1"):
        Tiling(**wrong)


def test_a_tile_has_room_for_both_of_its_seams() -> None:
    assert Tiling(tile_px=256, overlap_px=128).overlap_px == 128
    with pytest.raises(SettingsError, match="twice as large"):
        Tiling(tile_px=255, overlap_px=128)
