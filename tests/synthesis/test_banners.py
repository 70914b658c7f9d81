import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.banners import BANNERS, length_text, round_length_nm
from uniaims.synthesis.instrument import Instrument

PICTURE = np.full((300, 900), 90, np.uint8)


def tick_centres(strip: np.ndarray, row: int, near: tuple[float, float]) -> list[float]:
    """Centres of mass of the ink in a row through the ticks, in edge coordinates (pixel n covers n to n + 1)."""
    ink = np.abs(strip[row].astype(float) - np.median(strip[row]))
    centres = []
    for guess in near:
        columns = np.arange(int(guess) - 4, int(guess) + 5)
        centres.append(float((ink[columns] * (columns + 0.5)).sum() / ink[columns].sum()))
    return centres


@pytest.mark.parametrize("family", sorted(BANNERS))
@pytest.mark.parametrize("pixel_size_nm", [0.83, 7.13, 99.21875, 613.0, 20_000.0])
def test_the_bar_is_as_long_as_it_says(family: str, pixel_size_nm: float) -> None:
    bannered = BANNERS[family](PICTURE, Instrument(pixel_size_nm))
    bar = bannered.bar
    number, unit = bar.text.split()
    assert float(number) * {"nm": 1, "µm": 1e3, "mm": 1e6}[unit] == pytest.approx(bar.length_nm)
    beside_line = round(bar.row_px) - 7
    left, right = tick_centres(bannered.image, beside_line, (bar.left_px, bar.right_px))
    assert right - left == pytest.approx(bar.length_nm / pixel_size_nm, abs=0.05)
    assert left == pytest.approx(bar.left_px, abs=0.05)


@pytest.mark.parametrize("family", sorted(BANNERS))
def test_the_banner_stands_below_the_untouched_picture(family: str) -> None:
    bannered = BANNERS[family](PICTURE, Instrument(10.0))
    assert bannered.top_px == 300
    np.testing.assert_array_equal(bannered.image[:300], PICTURE)
    strip = bannered.image[300:]
    assert strip.shape == (72, 900)
    assert 0.03 < (np.abs(strip.astype(int) - int(np.median(strip))) > 100).mean() < 0.3
    assert bannered.top_px < bannered.bar.row_px < bannered.image.shape[0]


def test_facts_change_what_is_written() -> None:
    first, second = (BANNERS["table"](PICTURE, Instrument(10.0, voltage_kv=kv)).image for kv in (5.0, 20.0))
    assert not np.array_equal(first, second)


def test_micro_differs_from_a_plain_u() -> None:
    """The stroke below the line: a bar in µm has ink lower than the digits of one in nm."""
    micro = BANNERS["cell"](PICTURE, Instrument(100.0))
    nano = BANNERS["cell"](PICTURE, Instrument(0.1))
    assert "µm" in micro.bar.text
    assert "nm" in nano.bar.text
    lowest = [lowest_ink(bannered.image[bannered.top_px :]) for bannered in (micro, nano)]
    assert lowest[0] > lowest[1] + 2


def lowest_ink(strip: np.ndarray) -> int:
    """Last row with ink in the label above the bar."""
    return int(np.nonzero((strip[:36, 20:240] < 100).any(axis=1))[0].max())


@pytest.mark.parametrize(
    ("length_nm", "text"),
    [(1.0, "1 nm"), (500.0, "500 nm"), (1e3, "1 µm"), (2e4, "20 µm"), (5e5, "500 µm"), (1e6, "1 mm")],
)
def test_lengths_are_written_in_the_largest_unit(length_nm: float, text: str) -> None:
    assert length_text(length_nm) == text


def test_round_lengths_are_the_longest_that_fit() -> None:
    assert round_length_nm(999) == 500
    assert round_length_nm(1000) == 1000
    assert round_length_nm(35_000) == 30_000
    with pytest.raises(SettingsError, match="wanted 1 nm or more"):
        round_length_nm(0.5)


@pytest.mark.parametrize("family", sorted(BANNERS))
def test_a_colour_picture_keeps_its_colours(family: str) -> None:
    picture = np.full((200, 900, 3), (200, 40, 90), np.uint8)
    bannered = BANNERS[family](picture, Instrument(10.0))
    np.testing.assert_array_equal(bannered.image[:200], picture)
    strip = bannered.image[200:]
    assert (strip == strip[..., :1]).all()
