from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.flownet import RawFields  # noqa: E402
from uniaims.training.losses import Target, boundary_of, fields_loss  # noqa: E402


def make_target(known=1.0):
    fields = torch.zeros(1, 4, 8, 8)
    fields[:, 0, 2:6, 2:6] = 1
    fields[:, 1, 2:6, 2:6] = 1
    fields[:, 3, 3:5, 3:5] = 1
    kinds = torch.full((1, 8, 8), -1)
    kinds[:, 2:6, 2:4], kinds[:, 2:6, 4:6] = 0, 1
    return Target(fields, torch.full((1, 1, 8, 8), known), boundary_of(fields[:, :1]), kinds)


def raw_of(target):
    fields = target.fields
    kinds = torch.stack([(target.kinds == kind).float() for kind in (0, 1)], dim=1) * 40
    return RawFields((fields[:, :1] - 0.5) * 40, fields[:, 1:3].clone(), (fields[:, 3:] - 0.5) * 40, kinds)


def test_perfect_prediction_costs_nothing():
    assert fields_loss(raw_of(make_target()), make_target()).total == pytest.approx(0, abs=2e-2)


@pytest.mark.parametrize("part", ["probability", "flow", "topography", "kinds"])
def test_each_head_pays_for_its_own_error(part):
    raw = raw_of(make_target())
    perfect = fields_loss(raw, make_target()).parts()
    wrong = fields_loss(replace(raw, **{part: -getattr(raw, part)}), make_target()).parts()
    assert wrong[part] > perfect[part] + 0.2
    assert all(wrong[other] == pytest.approx(perfect[other]) for other in set(wrong) - {part, "total"})


@pytest.mark.parametrize("part", ["probability", "flow", "topography", "kinds"])
def test_a_head_that_is_not_there_costs_nothing(part):
    wrong = replace(raw_of(make_target()), **{part: None})
    assert fields_loss(wrong, make_target()).parts()[part] == 0


def test_unknown_pixels_cost_nothing():
    target = make_target(known=0.0)
    raw = raw_of(target)
    wrong = RawFields(-raw.probability, -raw.flow, -raw.topography, -raw.kinds)
    assert fields_loss(wrong, target).total == pytest.approx(0, abs=1e-6)


def test_objects_whose_kind_nobody_said_cost_nothing():
    target, raw = make_target(), raw_of(make_target())
    unsaid = replace(target, kinds=torch.full_like(target.kinds, -1))
    assert fields_loss(replace(raw, kinds=-raw.kinds), unsaid).kinds == pytest.approx(0, abs=1e-6)


def test_boundary_weight_is_what_pixels_beside_a_boundary_weigh_more():
    target, raw = make_target(), raw_of(make_target())
    edge = replace(raw, topography=torch.where(target.boundary > 0, -raw.topography, raw.topography))
    losses = [fields_loss(edge, target, weight).topography for weight in (0.0, 2.0, 8.0)]
    assert losses[0] < losses[1] < losses[2]


def test_boundary_is_both_sides_of_an_edge():
    labels = torch.tensor([[[[1.0, 1, 1, 2, 2, 2]]]])
    assert boundary_of(labels)[0, 0, 0].tolist() == [0, 0, 1, 1, 0, 0]
