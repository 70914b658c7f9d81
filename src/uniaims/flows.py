"""Fields: what the network learns from labels."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from uniaims._kernels import diffusion
from uniaims._kernels.threads import map_blocks, thread_count
from uniaims.labels import Labels, check_labels, relabel

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fields:
    probability: Floats
    flow: Floats
    topography: Floats


def fields_from_labels(labels: npt.ArrayLike, threads: int | None = None) -> Fields:
    checked = check_labels(labels)
    count = int(checked.max(initial=0))
    if count > checked.size:
        checked = relabel(checked)
        count = int(checked.max())
    boxes = diffusion.bounding_boxes(checked, count)
    flow = np.zeros((2, *checked.shape), np.float32)
    topography = np.zeros(checked.shape, np.float32)
    order = np.argsort(-boxes[1:, 4]) + 1

    def write(start: int, stop: int) -> None:
        diffusion.write_instances(checked, boxes, order[start:stop], flow, topography)
    n = thread_count(threads)
    if checked.size < 512 * 512 + 1 and threads is None: n = 1
    size = max(1, len(order) // 64 if n>1 else len(order))
    map_blocks(write, [(s, min(s+size,len(order))) for s in range(0, len(order), size)], n)
    return Fields((checked > 0).astype(np.float32), flow, topography)
