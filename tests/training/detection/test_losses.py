import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.detector import DetectorNet, DetectorSettings, RawDetections  # noqa: E402
from uniaims.training.detection.assignment import Truth, assign, overlaps  # noqa: E402
from uniaims.training.detection.losses import detection_loss  # noqa: E402


def grid():
    x, y = torch.meshgrid(torch.arange(8.0) * 8 + 4, torch.arange(8.0) * 8 + 4, indexing="xy")
    return torch.stack([x, y], -1).reshape(-1, 2)


def truth(*boxes, classes=None):
    chosen = torch.tensor([boxes], dtype=torch.float32)
    names = torch.tensor([classes or [0] * len(boxes)])
    return Truth(chosen, names, torch.ones(1, len(boxes), dtype=torch.bool))


def test_complete_overlap_of_equal_far_and_half_boxes():
    one = torch.tensor([0.0, 0.0, 10.0, 10.0])
    assert overlaps(one, one).item() == pytest.approx(1, abs=1e-5)
    assert overlaps(one, one + 100).item() < -0.8
    half = torch.tensor([0.0, 0.0, 10.0, 5.0])
    assert overlaps(one, half).item() == pytest.approx(0.5 - (2.5**2) / 200, abs=0.05)


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


def test_the_right_answer_costs_next_to_nothing_and_a_wrong_one_more():
    sides = torch.full((1, 1, 4, 8), -20.0)
    sides[..., 2] = 20.0
    centre = torch.tensor([[32.0, 32.0]])
    right = RawDetections(torch.full((1, 1, 1), 12.0), sides, centre, torch.tensor([[8.0]]))
    exact = truth((16, 16, 48, 48))
    assert detection_loss(right, exact).total.item() < 0.01
    assert detection_loss(right, truth((20, 20, 44, 44))).total.item() > 1


def test_training_learns_one_picture():
    torch.manual_seed(0)
    image = torch.full((1, 1, 64, 64), 0.2)
    image[:, :, 40:46, 10:50] = 1.0
    objects = truth((10, 40, 50, 46), classes=[0])
    network = DetectorNet(DetectorSettings(("bar", "text"), widths=(8, 8, 16, 16, 16), reach=8)).train()
    optimiser = torch.optim.AdamW(network.parameters(), 5e-3)
    for _ in range(120):
        loss = detection_loss(network(image), objects)
        optimiser.zero_grad()
        loss.total.backward()
        optimiser.step()
    raw = network(image)
    best = raw.scores.sigmoid()[0, :, 0].argmax()
    assert raw.scores.sigmoid()[0, best, 0] > 0.5
    assert overlaps(raw.boxes()[0, best], objects.boxes[0, 0]).item() > 0.6
