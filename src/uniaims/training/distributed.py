"""Several processes that train one network together, started by torch's own launcher ``torchrun``.

Each process makes its portion of every batch; gradients are averaged over the processes. The first one alone writes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import distributed, nn

from uniaims.errors import SettingsError
from uniaims.training.sampling import Portion

Item = TypeVar("Item")


@dataclass(frozen=True)
class Team:
    """This process among those that train together."""

    rank: int = 0
    processes: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    def portion(self, batch: int, parts: int = 1) -> Portion:
        """The portion of each batch that this process makes and then computes in ``parts``.

        Raises:
            SettingsError: if the batch can't be shared out evenly.
        """
        if batch % (self.processes * parts):
            raise SettingsError(
                f"a batch of {batch} for {self.processes} processes with {parts} parts each: "
                f"wanted a multiple of {self.processes * parts}."
            )
        return Portion(self.rank, self.processes)

    def wrapped(self, network: nn.Module, device: torch.device) -> nn.Module:
        """The network as the team trains it: its gradients are averaged over all processes."""
        if self.processes == 1:
            return network
        where = [device.index] if device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(network, device_ids=where)

    def agreed(self, numbers: tuple[float, ...], device: torch.device) -> tuple[float, ...]:
        """What the leading process says, for those who must decide alike: each has its own clock."""
        if self.processes == 1:
            return numbers
        said = torch.tensor(numbers, dtype=torch.float64, device=device)
        distributed.broadcast(said, 0)
        return tuple(said.tolist())

    def gathered(self, items: list[Item]) -> list[Item]:
        """The items of all processes, rank by rank."""
        if self.processes == 1:
            return items
        lists: list[list[Item]] = [[] for _ in range(self.processes)]
        distributed.all_gather_object(lists, items)
        return [item for each in lists for item in each]

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """Let the leading process do something, such as writing files, before the others do it too."""
        if self.processes > 1 and not self.leads:
            distributed.barrier()
        yield
        if self.processes > 1 and self.leads:
            distributed.barrier()


ALONE = Team()
"""One process, no team."""


@contextmanager
def team(device: torch.device) -> Iterator[tuple[Team, torch.device]]:
    """Join the processes that torchrun started, if it did; gives the team and this process's own device."""
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes == 1:
        yield ALONE, device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Team(distributed.get_rank(), processes), device
    finally:
        distributed.destroy_process_group()
