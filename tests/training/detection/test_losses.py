import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.detector import DetectorNet, DetectorSettings, RawDetections  # noqa: E402
from uniaims.training.detection.assignment import overlaps  # noqa: E402
from uniaims.training.detection.losses import detection_loss  # noqa: E402

from .truths import truth  # noqa: E402


def test_complete_overlap_of_equal_far_and_half_boxes():
    one = torch.tensor([0.0, 0.0, 10.0, 10.0])
    assert overlaps(one, one).item() == pytest.approx(1, abs=1e-5)
    assert overlaps(one, one + 100).item() < -0.8
    half = torch.tensor([0.0, 0.0, 10.0, 5.0])
    assert overlaps(one, half).item() == pytest.approx(0.5 - (2.5**2) / 200, abs=0.05)


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
