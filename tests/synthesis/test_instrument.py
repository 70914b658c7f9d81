from pathlib import Path

import numpy as np
import pytest
import tifffile

from uniaims.errors import SettingsError
from uniaims.micrograph import read_image
from uniaims.synthesis.instrument import Instrument, tag_text, write_tiff


def test_magnification_is_that_of_a_print_of_127_mm() -> None:
    instrument = Instrument(100.0)
    assert instrument.field_width_nm(1270) == pytest.approx(127_000)
    assert instrument.magnification(1270) == pytest.approx(1000)


def test_a_written_file_is_read_back_with_its_facts(tmp_path: Path) -> None:
    image = np.arange(60 * 80, dtype=np.uint8).reshape(60, 80)
    instrument = Instrument(3.25, voltage_kv=5, working_distance_mm=4.2, detector="TLD")
    write_tiff(tmp_path / "a.tif", image, instrument, (50, 80), "synthetic")
    micrograph = read_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(micrograph.pixels, image)
    assert micrograph.pixel_size is not None
    assert micrograph.pixel_size.nm == pytest.approx(3.25)
    assert micrograph.pixel_size.source == "metadata"
    acquisition = micrograph.acquisition
    assert (acquisition.voltage_kv, acquisition.detector) == (5, "TLD")
    assert acquisition.working_distance_mm == pytest.approx(4.2)
    assert micrograph.warnings == ()
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.pages.first.description == "synthetic"


def test_the_tag_says_the_size_without_banner() -> None:
    text = tag_text(Instrument(2.0), (50, 80))
    assert "ResolutionY=50" in text
    assert "HorFieldsize=1.600000000e-07" in text


@pytest.mark.parametrize("pixel_size_nm", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_pixel_sizes_are_refused(pixel_size_nm: float) -> None:
    with pytest.raises(SettingsError, match="wanted a length above 0"):
        Instrument(pixel_size_nm)
