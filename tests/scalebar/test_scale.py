"""What the size of a pixel is taken from."""

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.micrograph import PixelSize
from uniaims.scalebar import (
    ScaleReading,
    given_scale,
    parse_box,
    pixel_size_of_bar,
    resolve_pixel_size,
    scan_scale,
)

from .pictures import micrograph, picture


def test_a_label_without_a_bar_is_told_to_the_reader() -> None:
    reading = ScaleReading(None, ("other", "x", "y", "z"), reasons=("x", "y", "z"))
    assert resolve_pixel_size(micrograph(picture()), None, reading).warnings == (
        "No scale bar was taken: y",
        "No scale bar was taken: z",
    )


def test_given_goes_before_metadata_and_these_before_the_bar() -> None:
    reading = scan_scale(micrograph(picture()))
    bare, known = micrograph(picture()), micrograph(picture(), PixelSize(3.0, "metadata"))
    from_bar = resolve_pixel_size(bare, None, reading).pixel_size
    assert from_bar is not None
    assert from_bar.source == "scale bar"
    apart = resolve_pixel_size(known, None, reading)
    assert apart.pixel_size == PixelSize(3.0, "metadata")
    assert len(apart.warnings) == 1
    assert "3 nm" in apart.warnings[0]
    assert "500 nm" in apart.warnings[0]
    same = micrograph(picture(), PixelSize(2.51, "metadata"))
    assert resolve_pixel_size(same, None, reading).warnings == ()
    assert resolve_pixel_size(known, PixelSize(2.5), reading).pixel_size == PixelSize(2.5, "given")
    assert resolve_pixel_size(bare, None, ScaleReading(None)).pixel_size is None


def test_a_bar_tells_one_side_and_the_file_the_other() -> None:
    oblong = micrograph(picture(), PixelSize.of_sides(8, 12, "metadata"))
    level = given_scale(oblong, parse_box("50,460,270,490"), "1.0 um")
    from_bar = pixel_size_of_bar(level, oblong)
    assert (from_bar.width_nm, from_bar.height_nm) == pytest.approx((5, 7.5), rel=0.005)
    tall = micrograph(np.ascontiguousarray(picture().T), PixelSize.of_sides(8, 12, "metadata"))
    from_bar = pixel_size_of_bar(given_scale(tall, Box(50, 460, 270, 490), "1 um"), tall)
    assert (from_bar.width_nm, from_bar.height_nm) == pytest.approx((5 / 1.5, 5), rel=0.005)
    warnings = resolve_pixel_size(oblong, PixelSize.of_sides(2.5, 3.75), scan_scale(oblong)).warnings
    assert any("8 x 12 nm" in text for text in warnings)
    assert not any("scale bar" in text for text in warnings)


def test_the_old_name_of_ambiguous_warns_and_works() -> None:
    reading = ScaleReading(None, ambiguous=True)
    with pytest.warns(
        DeprecationWarning, match=r"ScaleReading\.torn goes with the next release: use ambiguous"
    ) as heard:
        assert reading.torn is True
    assert heard[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"ScaleReading\(torn=\).*use ambiguous"):
        assert ScaleReading(None, torn=True) == reading  # type: ignore[call-arg]
    with pytest.warns(DeprecationWarning, match="torn"):
        assert ScaleReading(None).torn is False
