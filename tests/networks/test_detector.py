import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.detector import Detections, DetectorNet, DetectorSettings, RawDetections  # noqa: E402

SMALL = DetectorSettings(widths=(4, 8, 8, 16, 16), reach=8)


def test_every_level_gives_its_cells():
    raw = DetectorNet(SMALL).eval()(torch.zeros(2, 1, 64, 96))
    cells = 8 * 12 + 4 * 6 + 2 * 3
    assert raw.scores.shape == (2, cells, 4)
    assert raw.sides.shape == (2, cells, 4, 8)
    assert raw.centres[:2].tolist() == [[4.0, 4.0], [12.0, 4.0]]
    assert raw.centres[-1].tolist() == [80.0, 48.0]
    assert raw.strides.unique().tolist() == [8, 16, 32]


def test_boxes_are_the_means_of_the_sides():
    sides = torch.full((1, 1, 4, 8), -50.0)
    for side, cells in enumerate((1, 2, 3, 4)):
        sides[0, 0, side, cells] = 50.0
    raw = RawDetections(torch.zeros(1, 1, 4), sides, torch.tensor([[100.0, 200.0]]), torch.tensor([[8.0]]))
    assert raw.boxes()[0, 0].tolist() == pytest.approx([92, 184, 124, 232])


def test_detections_are_boxes_and_scores():
    found = Detections(DetectorNet(SMALL).eval())(torch.rand(1, 1, 64, 64))
    assert found.shape[-1] == 8
    assert 0 <= found[..., 4:].min() <= found[..., 4:].max() < 0.1  # nothing is expected before training


def test_the_default_is_small_enough_to_ship():
    assert 2e6 < sum(weight.numel() for weight in DetectorNet(DetectorSettings()).parameters()) < 4e6
