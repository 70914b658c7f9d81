"""The table of all objects: on the page whole, printed as far as paper has room."""

import numpy as np
import pytest

from uniaims.report import Findings
from uniaims.report.sections.objects import MOST_PRINTED, section
from uniaims.report.still import MOST_ROWS


def points(count: int) -> np.ndarray:
    """So many objects of 2 x 2 px."""
    labels = np.zeros((60, 4 * count + 4), np.uint32)
    for number in range(count):
        labels[20:22, 4 + 4 * number : 6 + 4 * number] = number + 1
    return labels


@pytest.mark.parametrize("count", [1, MOST_PRINTED])
def test_few_objects_are_all_printed(make_content, count):
    made = section(Findings(make_content(labels=points(count))))
    assert len(made.tables[0].rows) == count
    assert made.sentences == ()
    assert len(made.details["still"].rows) == min(count, MOST_ROWS)


def test_of_more_the_paper_points_to_the_file(make_content):
    made = section(Findings(make_content(labels=points(MOST_PRINTED + 1))))
    assert made.tables == ()
    assert made.sentences == (
        "201 objects are too many to be printed: all are in measurements.csv beside this report.",
    )


def test_none_is_said(make_content):
    made = section(Findings(make_content(labels=np.zeros((9, 9), np.uint32))))
    assert made.details["is_empty"]
    assert made.sentences == ("No object was found, so there is nothing to list.",)
