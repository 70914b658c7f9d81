import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.formats.calibration import checked_pixel_size, is_plausible, merged_acquisition, understood
from uniaims.formats.raw_image import Acquisition, Calibration


@given(st.integers(2, 5000), st.integers(2, 5000), st.sampled_from([0.25, 0.5, 2, 4]), st.floats(0.01, 100))
def test_resizing_keeps_the_field_of_view(width: int, height: int, factor: float, nm: float) -> None:
    stated = (int(width * factor * 4), int(height * factor * 4))
    size = checked_pixel_size(Calibration("tag", nm, nm, image_size=stated), (height * 4, width * 4))
    assert size.nm is not None
    assert size.nm * width * 4 == pytest.approx(nm * stated[0])
    assert len(size.warnings) == 1
    assert "resized" in size.warnings[0]


@pytest.mark.parametrize("banner", [0, 60, 128])
def test_data_bar_below_the_stated_size_is_no_resize(banner: int) -> None:
    size = checked_pixel_size(Calibration("tag", 2.0, image_size=(1024, 884)), (884 + banner, 1024))
    assert (size.nm, size.warnings) == (2.0, ())


def test_resized_with_data_bar() -> None:
    size = checked_pixel_size(Calibration("tag", 2.0, image_size=(1024, 884)), (943 // 2, 512))
    assert size.nm == pytest.approx(4)


def test_crop_keeps_the_size() -> None:
    size = checked_pixel_size(Calibration("tag", 2.0, image_size=(1024, 1024)), (1024, 512))
    assert size.nm == 2.0
    assert "cropped" in size.warnings[0]


@pytest.mark.parametrize("stated", [(0, 0), (-5, 10)])
def test_nonsense_size_is_ignored(stated: tuple[int, int]) -> None:
    assert checked_pixel_size(Calibration("tag", 2.0, image_size=stated), (24, 40)).nm == 2.0


def test_no_size() -> None:
    assert checked_pixel_size(Calibration("tag"), (24, 40)).nm is None


@pytest.mark.parametrize(
    ("nm", "expected"), [(1e-4, True), (1e6, True), (9e-5, False), (1.1e6, False), (float("nan"), False)]
)
def test_plausible(nm: float, expected: bool) -> None:
    assert is_plausible(nm) is expected


def test_first_calibration_wins_and_gaps_are_filled() -> None:
    first = Calibration("tag", acquisition=Acquisition(detector="SE", voltage_kv=5.0))
    second = Calibration("side-car", acquisition=Acquisition(detector="BSE", magnification=1000.0))
    merged = merged_acquisition((Calibration("nothing"), first, second))
    assert (merged.detector, merged.voltage_kv, merged.magnification) == ("SE", 5.0, 1000.0)
    assert merged.source == "tag"


def test_failure_becomes_a_warning() -> None:
    def fail(source: str) -> Calibration:
        raise KeyError(source)

    calibration = understood("tag 5", fail)
    assert calibration.warnings == ("tag 5 can't be understood (KeyError: 'tag 5'): it is not used",)
    assert understood("tag 5", lambda source: Calibration(source, 2.0)).pixel_width_nm == 2.0
