"""The parsers alone; tests/formats/test_tiff_calibrations.py has them behind real TIFF tags."""

import pytest

from uniaims.formats.vendors import (
    fei_calibration,
    gatan_calibration,
    size_pair,
    tescan_calibration,
    zeiss_calibration,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1280x960", (1280, 960)),
        ("1024 * 768", (1024, 768)),
        ("40 24", (40, 24)),
        ("1024", None),
        ("", None),
        (None, None),
    ],
)
def test_size_pair(text: str | None, expected: tuple[int, int] | None) -> None:
    assert size_pair(text) == expected


def test_old_fei_data_bar() -> None:
    calibration = fei_calibration("[DatabarData]\nflAccV=20000\nflMag=2500\n", "tag")
    assert (calibration.acquisition.voltage_kv, calibration.acquisition.magnification) == (20.0, 2500.0)
    assert calibration.pixel_width_nm is None


def test_working_distance_of_the_stage_where_the_beam_has_none() -> None:
    calibration = fei_calibration("[Stage]\nWorkingDistance=0.007\n", "tag")
    assert calibration.acquisition.working_distance_mm == pytest.approx(7)


def test_zeiss_units() -> None:
    text = "AP_IMAGE_PIXEL_SIZE\nImage Pixel Size = 558.2 pm\nAP_WD\nWD = 5600 µm\nAP_ACTUALKV\nEHT = 500.00 V\n"
    calibration = zeiss_calibration(1024, text, "tag")
    assert calibration.pixel_width_nm == pytest.approx(0.5582)
    assert calibration.acquisition.working_distance_mm == pytest.approx(5.6)
    assert calibration.acquisition.voltage_kv == pytest.approx(0.5)


def test_tescan_text_behind_binary() -> None:
    calibration = tescan_calibration("\x01ÿ=\n[MAIN]\nPixelSizeX=1e-9\nPixelSizeY=2e-9\n", "tag")
    assert calibration.pixel_width_nm == pytest.approx(1)
    assert calibration.pixel_height_nm == pytest.approx(2)


def test_thermo_other_unit() -> None:
    text = "<Metadata><BinaryResult><PixelSize><X>2 nm</X><Y>2 nm</Y></PixelSize></BinaryResult></Metadata>"
    assert fei_calibration(text, "tag").pixel_width_nm == pytest.approx(2)


@pytest.mark.parametrize("tags", [{}, {65003: "nm"}, {65009: 2.0}, {65003: "", 65009: 2.0}, {65003: "eV", 65009: 2.0}])
def test_gatan_incomplete(tags: dict[int, object]) -> None:
    assert gatan_calibration(tags, "tags").pixel_width_nm is None
