"""What is learned from and what is kept apart: by image, by what belongs together, or by box."""

from collections import Counter

import pytest

from uniaims.boxes import Box
from uniaims.engine.sharing import Part, shared_out


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (1, {"train": 1}),
        (2, {"train": 2}),
        (3, {"train": 2, "test": 1}),
        (5, {"train": 3, "validation": 1, "test": 1}),
        (10, {"train": 6, "validation": 2, "test": 2}),
        (25, {"train": 15, "validation": 5, "test": 5}),
    ],
)
def test_images_are_shared_out_by_their_number(count: int, wanted: dict[str, int]) -> None:
    parts = [Part(number) for number in range(count)]
    shared = shared_out(parts, {number: str(number) for number in range(count)})
    assert Counter(part.split for part in shared) == wanted
    assert shared == shared_out(parts, {number: str(number) for number in range(count)})


def test_another_seed_draws_others() -> None:
    parts, groups = [Part(number) for number in range(20)], {number: str(number) for number in range(20)}
    assert shared_out(parts, groups, 0) != shared_out(parts, groups, 1)


def test_what_belongs_together_stays_together() -> None:
    parts = [Part(number) for number in range(30)]
    shared = shared_out(parts, {number: f"specimen {number // 3}" for number in range(30)})
    splits = [{part.split for part in shared if part.image_id // 3 == specimen} for specimen in range(10)]
    assert all(len(each) == 1 for each in splits)
    assert Counter(part.split for part in shared) == {"train": 18, "validation": 6, "test": 6}


def test_boxes_of_many_images_go_with_their_image_and_those_of_one_are_shared_out() -> None:
    boxes = [Box(row, 0, row + 10, 10) for row in range(0, 50, 10)]
    many = shared_out([Part(image, box) for image in range(5) for box in boxes], {i: str(i) for i in range(5)})
    assert all(len({part.split for part in many if part.image_id == image}) == 1 for image in range(5))
    one = shared_out([Part(7, box) for box in boxes], {7: "7"})
    assert Counter(part.split for part in one) == {"train": 3, "validation": 1, "test": 1}


def test_what_is_said_counts() -> None:
    parts = [Part(number, split="test" if number < 4 else None) for number in range(10)]
    shared = shared_out(parts, {number: str(number) for number in range(10)})
    assert [part.image_id for part in shared if part.split == "test"] == [0, 1, 2, 3]
    assert Counter(part.split for part in shared) == {"train": 4, "validation": 2, "test": 4}
