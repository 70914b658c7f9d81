import pytest

torch = pytest.importorskip("torch")

from uniaims.training.losses import Target, boundary_of, fields_loss  # noqa: E402


def make_target(known=1.0):
    fields = torch.zeros(1, 4, 8, 8)
    fields[:, 0, 2:6, 2:6] = 1
    fields[:, 1, 2:6, 2:6] = 1
    fields[:, 3, 3:5, 3:5] = 1
    return Target(fields, torch.full((1, 1, 8, 8), known), boundary_of(fields[:, :1]))


def raw_of(target):
    raw = target.fields.clone()
    raw[:, 0] = (raw[:, 0] - 0.5) * 40
    raw[:, 3] = (raw[:, 3] - 0.5) * 40
    return raw


def test_perfect_prediction_costs_nothing():
    assert fields_loss(raw_of(make_target()), make_target()).total == pytest.approx(0, abs=2e-2)


@pytest.mark.parametrize(("channel", "part"), [(0, "probability"), (1, "flow"), (3, "topography")])
def test_each_head_pays_for_its_own_error(channel, part):
    raw = raw_of(make_target())
    raw[:, channel] = -raw[:, channel]
    perfect, wrong = fields_loss(raw_of(make_target()), make_target()), fields_loss(raw, make_target())
    assert getattr(wrong, part) > getattr(perfect, part) + 0.2
    others = {"probability", "flow", "topography"} - {part}
    assert all(getattr(wrong, other) == pytest.approx(getattr(perfect, other)) for other in others)


def test_unknown_pixels_cost_nothing():
    target = make_target(known=0.0)
    assert fields_loss(-raw_of(target), target).total == pytest.approx(0, abs=1e-6)


def test_boundary_is_both_sides_of_an_edge():
    labels = torch.tensor([[[[1.0, 1, 1, 2, 2, 2]]]])
    assert boundary_of(labels)[0, 0, 0].tolist() == [0, 0, 1, 1, 0, 0]
