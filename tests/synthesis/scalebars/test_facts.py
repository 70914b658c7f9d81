"""What the strips say fits the pixel size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.synthesis.scalebars.facts import random_facts
from uniaims.synthesis.scalebars.styles import STYLES


@given(st.integers(0, 1000), st.floats(0.01, 1e4), st.integers(200, 4000))
def test_magnification_and_field_width_agree(seed: int, pixel_size: float, width: int) -> None:
    facts = random_facts(np.random.default_rng(seed), pixel_size, width)
    value, unit = facts["hfw"].split()
    field_nm = float(value) * {"nm": 1, "µm": 1e3, "mm": 1e6}[unit]
    assert field_nm == pytest.approx(pixel_size * width, rel=0.006)
    assert float(facts["mag_comma"].replace(",", "")) == pytest.approx(127e6 / field_nm, rel=0.02, abs=0.6)
    assert "e" not in facts["mag_k"]


def test_templates_of_all_styles_have_their_facts() -> None:
    facts = random_facts(np.random.default_rng(0), 1.0, 1024)
    for style in STYLES.values():
        rows = [row for column in style.strip.columns for row in column.rows] if style.strip else []
        for template in [*rows, *(caption.text for caption in style.captions)]:
            assert "{" not in template.format(**facts)
