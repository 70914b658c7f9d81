"""Separate objects: each measured on its own outline, told as particles."""

import numpy as np

from uniaims.measurements import measure
from uniaims.modes import Objects
from uniaims.modes.particles import MODE


def test_particles_are_measured_as_ever():
    labels = np.kron(np.arange(6, dtype=np.uint32).reshape(2, 3), np.ones((7, 9), np.uint32))
    found = MODE.work(Objects(labels))
    assert found.table.equals(measure(labels).table)
    assert found.properties == measure(labels).properties


def test_what_heads_the_overview_heads_the_report_too():
    assert set(MODE.overview) <= set(MODE.figures)
    assert MODE.figures[0].name == "object_count"
    assert MODE.noun.counted(1) == "1 particle"
