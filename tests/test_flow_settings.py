"""Settings of flows out of range are refused."""

import pytest

from uniaims.errors import SettingsError
from uniaims.flows import (
    FlowSettings,
)


@pytest.mark.parametrize(
    "wrong",
    [{"probability_threshold": 1.5}, {"minimum_area_px": -1}, {"hole_share": 2}, {"merge_difference": float("nan")}],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        FlowSettings(**wrong)
