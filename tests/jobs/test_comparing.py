"""A model beside its parent: what is claimed, and when nothing is."""

from collections.abc import Sequence

import pytest

from uniaims.jobs.comparing import PartScores, comparison


def scores(parent: Sequence[float], child: Sequence[float]) -> list[PartScores]:
    return [
        PartScores({"image_id": number, "box": None}, 10, (12, 9), pair)
        for number, pair in enumerate(zip(parent, child, strict=True))
    ]


@pytest.mark.parametrize(
    ("parent", "child", "verdict"),
    [
        ([], [], "too few"),
        ([0.1] * 4, [0.9] * 4, "too few"),
        ([0.5, 0.6, 0.55, 0.6, 0.5], [0.7, 0.75, 0.8, 0.78, 0.69], "better"),
        ([0.7, 0.75, 0.8, 0.78, 0.69], [0.5, 0.6, 0.55, 0.6, 0.5], "worse"),
        ([0.5, 0.6, 0.55, 0.6, 0.5], [0.9, 0.55, 0.5, 0.62, 0.48], "undecided"),
        ([0.5] * 5, [0.5] * 5, "undecided"),
    ],
)
def test_only_what_the_parts_show_is_claimed(parent: list[float], child: list[float], verdict: str) -> None:
    told = comparison(scores(parent, child), ("general", "powders 1"))
    assert told["verdict"] == verdict
    assert (told["parts"], told["instances"]) == (len(parent), 10 * len(parent))
    assert (told["difference"] is None) == (len(parent) < 5)


def test_figures_of_both_stand_beside_each_other() -> None:
    told = comparison(scores([0.2, 0.4], [0.5, 0.7]), ("general", "powders 1"))
    assert told["parent"] == {"name": "general", "ap50": pytest.approx(0.3), "count_error": pytest.approx(0.2)}
    assert told["child"] == {"name": "powders 1", "ap50": pytest.approx(0.6), "count_error": pytest.approx(0.1)}
    assert "0.300 before, 0.600 now, on 2 parts" in told["sentence"]
