"""Colours that readers can tell apart, in light and in dark."""

import re
from itertools import pairwise

import pytest

from uniaims.pages.palette import (
    INSTANCE_COLOURS,
    MISSING,
    OKABE_ITO,
    VIRIDIS,
    kind_colours,
    rgb,
    theme_colours,
    theme_styles,
)


def luminance(colour):
    """Relative luminance, as the Web Content Accessibility Guidelines 2.2 define it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_components_of_a_colour():
    assert rgb("#d55e00") == (213, 94, 0)
    assert OKABE_ITO["vermillion"] == "#d55e00"  # Okabe & Ito 2008
    assert rgb(MISSING) == (154, 160, 166)


def test_outlines_leave_out_blue_and_differ():
    assert OKABE_ITO["blue"] not in INSTANCE_COLOURS
    assert len(set(INSTANCE_COLOURS)) == len(INSTANCE_COLOURS) == 6


def test_kinds_have_their_colour_by_their_place_and_repeat():
    colours = kind_colours([*"abcdefg"])
    assert list(colours.values()) == [*INSTANCE_COLOURS, INSTANCE_COLOURS[0]]
    assert kind_colours([]) == {}


def test_viridis_grows_lighter_step_by_step():
    assert all(luminance(first) < luminance(second) for first, second in pairwise(VIRIDIS))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(theme):
    colours = theme_colours(theme)
    for name in ("ink", "soft", "muted", "accent", "warn", "bad"):
        assert contrast(colours[name], colours["paper"]) >= 4.5, name


def test_both_themes_name_the_same_colours():
    light, dark = theme_colours("light"), theme_colours("dark")
    assert light.keys() == dark.keys()
    styles = theme_styles()
    for name in light:
        assert f"--{name}: {light[name]};" in styles.partition("@media")[0]
        assert f"--{name}: {dark[name]};" in styles.partition("@media")[2]
    assert re.findall(r"color-scheme: (\w+);", styles) == ["light", "dark"]
