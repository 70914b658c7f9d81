"""Which cells of a detector answer for which object."""

import pytest

torch = pytest.importorskip("torch")

from uniaims.training.detection.assignment import Truth, assign  # noqa: E402

from .truths import truth  # noqa: E402


def grid():
    x, y = torch.meshgrid(torch.arange(8.0) * 8 + 4, torch.arange(8.0) * 8 + 4, indexing="xy")
    return torch.stack([x, y], -1).reshape(-1, 2)


def test_an_object_gets_the_cells_inside_that_meet_it():
    centres = grid()
    boxes = torch.cat([centres - 12, centres + 12], -1)[None]
    result = assign(torch.full((1, 64, 2), 0.5), boxes, centres, truth((16, 16, 40, 40), classes=[1]))
    cells = centres[result.positive[0]]
    assert 1 <= len(cells) <= 10
    assert ((cells >= 16) & (cells <= 40)).all()
    best = result.scores[0].amax(0)
    assert best[0] == 0
    assert best[1] == pytest.approx(1, abs=1e-4)


def test_a_bar_thinner_than_a_cell_still_gets_cells():
    centres = grid()
    boxes = torch.cat([centres - 12, centres + 12], -1)[None]
    result = assign(torch.full((1, 64, 1), 0.5), boxes, centres, truth((8, 15.5, 56, 17.0)))
    assert result.positive.any()


def test_a_cell_that_two_objects_want_goes_to_the_one_it_meets_better():
    centres = grid()
    boxes = torch.tensor([16.0, 16.0, 40.0, 40.0]).expand(1, 64, 4)
    both = truth((16, 16, 40, 40), (0, 0, 64, 64), classes=[0, 1])
    result = assign(torch.full((1, 64, 2), 0.5), boxes, centres, both)
    inside = ((centres >= 16) & (centres <= 40)).all(-1)
    assert (result.boxes[0][result.positive[0] & inside] == torch.tensor([16.0, 16.0, 40.0, 40.0])).all()


def test_padding_is_nobodys_object():
    centres = grid()
    boxes = torch.cat([centres - 12, centres + 12], -1)[None]
    padded = Truth(torch.tensor([[[16.0, 16, 40, 40]]]), torch.zeros(1, 1, dtype=torch.long), torch.zeros(1, 1).bool())
    assert not assign(torch.full((1, 64, 1), 0.5), boxes, centres, padded).positive.any()
