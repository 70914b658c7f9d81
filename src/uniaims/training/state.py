"""The state of a training, and one optimiser step on it, whatever is trained."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from uniaims.training.optimisation import GRADIENT_NORM, update_average

Network = TypeVar("Network", bound=nn.Module)


class Losses(Protocol):
    """What a step tells: a scalar that is minimised, and the parts that it is made of, ``total`` among them."""

    @property
    def total(self) -> Tensor:
        """What is minimised."""

    def parts(self) -> dict[str, Tensor]:
        """The numbers by name."""


@dataclass
class State(Generic[Network]):
    """What changes during training; ``network`` is trained, its running ``average`` is what is kept.

    ``best_score`` is that of the best validation so far, at ``best_step``; negative before the first one.
    ``stale`` counts the validations since; ``validated_step`` is that of the last one.
    """

    network: Network
    average: Network
    optimiser: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0
    best_score: float = -1.0
    best_step: int = 0
    stale: int = 0
    validated_step: int = 0


def new_state(network: Network, learning_rate: float, weight_decay: float, device: torch.device) -> State[Network]:
    """The state before the first step; the network moves to the device."""
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
    trained = [weights for weights in network.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=learning_rate, weight_decay=weight_decay, fused=device.type == "cuda")
    return State(network, average, optimiser)


Told = TypeVar("Told", bound=Losses)


def optimise(state: State[Network], rate: float, average_decay: float, backward: Callable[[], Told]) -> Told:
    """One step at a learning rate; ``backward`` adds the gradients and gives the loss before the step."""
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    state.network.train()
    state.optimiser.zero_grad(set_to_none=True)
    loss = backward()
    nn.utils.clip_grad_norm_(state.network.parameters(), GRADIENT_NORM)
    state.optimiser.step()
    update_average(state.average, state.network, average_decay, state.step)
    state.step += 1
    return loss
