"""What each encoder costs: parameters, multiply-adds, time and memory of the whole network.

Run it as ``OMP_NUM_THREADS=1 python benchmarks/encoders.py [NAME...]``. All run by turns, so that other work on the
machine falls on all alike; the shortest time counts. Time is that which the processor
spends on one thread of PyTorch in float32; memory is
what a process of its own needs more at the peak of one tile than before the network was made.
"""

import gc
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from uniaims.networks import NetworkSettings
from uniaims.networks.catalogue import CATALOGUE
from uniaims.networks.flownet import FieldsNet, FlowNet

TILE_PX = 512
TURNS = 2
MEMORY_FLAG = "--memory"


def network_of(name: str) -> FieldsNet:
    torch.manual_seed(0)
    return FieldsNet(FlowNet(NetworkSettings(name, position_grid=TILE_PX // 16))).eval()


def size_of(name: str) -> tuple[float, float]:
    """Parameters and multiply-adds of one tile, counted without computing anything."""
    # Attention is counted where it is plain matrix products.
    with torch.device("meta"), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        network = network_of(name)
        network(torch.zeros(1, 1, TILE_PX, TILE_PX))
    return sum(parameter.numel() for parameter in network.parameters()), counter.get_total_flops() / 2


def seconds_of(network: FieldsNet, image: torch.Tensor) -> float:
    with torch.inference_mode():
        started = time.process_time()
        network(image)
    return time.process_time() - started


def peak_memory_mb(name: str) -> float:
    command = [sys.executable, __file__, MEMORY_FLAG, name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def say_memory(name: str) -> None:
    torch.set_num_threads(1)
    before = memory_kb("VmRSS")
    seconds_of(network_of(name), torch.rand(1, 1, TILE_PX, TILE_PX))
    print((memory_kb("VmHWM") - before) / 1024)


def memory_kb(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def main(names: list[str]) -> None:
    torch.set_num_threads(1)
    image = torch.rand(1, 1, TILE_PX, TILE_PX)
    seconds = dict.fromkeys(names, float("inf"))
    for name in names * TURNS:
        network = network_of(name)
        seconds[name] = min(seconds[name], seconds_of(network, image))
        del network
        gc.collect()
    megapixels = TILE_PX**2 / 1e6
    print("encoder         parameters/M  GMAC/MP  s/MP  memory/MB")
    for name in names:
        parameters, macs = size_of(name)
        figures = parameters / 1e6, macs / 1e9 / megapixels, seconds[name] / megapixels
        print(f"{name:16} {figures[0]:11.1f} {figures[1]:8.0f} {figures[2]:5.1f} {peak_memory_mb(name):10.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] == [MEMORY_FLAG]:
        say_memory(sys.argv[2])
    else:
        main(sys.argv[1:] or [entry.name for entry in CATALOGUE])
