"""One optimiser step, and the running average behind it."""

from dataclasses import dataclass

import pytest

torch = pytest.importorskip("torch")

from uniaims.training.state import new_state, optimise  # noqa: E402


@dataclass
class Told:
    total: torch.Tensor

    def parts(self):
        return {"total": self.total}


def test_a_step_follows_the_gradient_and_the_average_lags_behind():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1, bias=False))
    state = new_state(network, 1.0, 0.0, torch.device("cpu"))
    before = network[0].weight.item()

    def backward():
        loss = 1000 * network(torch.ones(1, 1, 1, 1)).sum()
        loss.backward()
        return Told(loss)

    losses = [optimise(state, 0.1, 0.9, backward).total.item() for _ in range(3)]
    assert losses[0] == pytest.approx(1000 * before)
    assert losses[2] < losses[1] < losses[0]
    assert state.step == 3
    now, average = network[0].weight.item(), state.average[0].weight.item()
    assert now == pytest.approx(before - 0.3, abs=1e-3)  # AdamW goes by the rate, however steep the slope
    assert now < average < before
    assert not state.average[0].weight.requires_grad


def test_what_is_frozen_is_not_trained():
    network = torch.nn.Linear(2, 2)
    network.bias.requires_grad_(requires_grad=False)
    state = new_state(network, 1e-3, 0.0, torch.device("cpu"))
    assert [len(group["params"]) for group in state.optimiser.param_groups] == [1]
