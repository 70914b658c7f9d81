"""What a banner says in words."""

import pytest

from uniaims.scalebar.banner_metadata import banner_metadata

from .pictures import placed


def test_facts_of_banners() -> None:
    hitachi = banner_metadata(placed("SU8010 10.0kV 11.2mm x4.00k SE(UL) 3/31/2025 16:05")).acquisition
    assert (hitachi.voltage_kv, hitachi.magnification, hitachi.working_distance_mm) == (10.0, 4000.0, 11.2)
    assert (hitachi.detector, hitachi.date, hitachi.source) == ("SE(UL)", "3/31/2025", "banner")
    zeiss = banner_metadata(placed("EHT = 5.00 kV", "WD = 6.6 mm", "Mag = 2.00 KX", "Signal A = InLens")).acquisition
    assert (zeiss.voltage_kv, zeiss.working_distance_mm) == (5.0, 6.6)
    assert (zeiss.magnification, zeiss.detector) == (2000.0, "InLens")
    assert banner_metadata(placed("HFW: 7.48 µm")).field_width_nm == pytest.approx(7480)
    assert banner_metadata(placed("(a)")).acquisition.source is None
    assert banner_metadata(placed("HFW: 0.00 µm")).field_width_nm is None


@pytest.mark.parametrize(("text", "date"), [
    ("16/6/2023", "16/6/2023"), ("2023-06-30", "2023-06-30"), ("12 Mar 2024", "12 Mar 2024"), ("3/31/25", "3/31/25"),
    ("40/50/2021", None), ("13/14/2024", None), ("0/1/2020", None), ("2023-13-32", None), ("77 Mar 2024", None),
    ("12-Mar-00", "12-Mar-00"), ("05 JAN 00", "05 JAN 00"), ("0 Mar 2024", None),
])  # fmt: skip
def test_dates_that_no_calendar_has_are_left_out(text: str, date: str | None) -> None:
    assert banner_metadata(placed(f"10.0kV {text} 16:05")).acquisition.date == date
