"""Flow targets and flow following against Cellpose, Omnipose, StarDist and a HoVer-Net style watershed.

All run on the same dense blobs (mean diameter 24 px) in one process; a peer that is not installed is said to be so::

    python benchmarks/flows.py                       # the table at 1024 and 2048 pixels squared
    python benchmarks/flows.py --noise               # 30 spoilt cases (see flow_scenes.py), us and Cellpose
    python benchmarks/flows.py --turns 5             # ratios to Cellpose, both by turns on our fields of 2048 squared
    python benchmarks/flows.py --large               # us alone at 8192 pixels squared

Seconds are CPU-seconds of the process, all threads together, after a small first call that compiles; what takes less
than 4 s is run several times and the least is shown.
"""

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from flow_scenes import SCENES, SPOILINGS, blobs
from scipy import ndimage

from uniaims.flows import Fields, FlowSettings, fields_from_labels, labels_from_fields
from uniaims.matching import evaluate

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Method:
    """A way from labels to targets and back."""

    name: str
    targets: Callable[[Array], Any]
    labels: Callable[[Any], Array]


def ours() -> list[Method]:
    return [Method("Uni-AIMS", fields_from_labels, labels_from_fields)]


def allow_torchvision() -> None:
    """Declare two operators, without which torchvision built for CUDA does not import beside a CPU torch."""
    import torch

    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError):
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        KEPT.append(library)


KEPT: list[Any] = []  # a torch library lives as long as its object


def cellpose() -> list[Method]:
    allow_torchvision()
    import torch
    from cellpose import dynamics

    device = torch.device("cpu")

    def targets(labels: Array) -> tuple[Array, Array]:
        flow = dynamics.masks_to_flows_gpu(labels.astype(np.int32), device=device)
        return np.asarray(flow[0] if isinstance(flow, tuple) else flow, np.float32), labels > 0

    def follow(fields: tuple[Array, Array], check: float) -> Array:
        logit = np.where(fields[1], 6, -6).astype(np.float32)
        found = dynamics.compute_masks(5 * fields[0], logit, flow_threshold=check, min_size=12, device=device)
        return np.asarray(found[0] if isinstance(found, tuple) else found)

    return [
        Method("Cellpose, flow check off", targets, lambda fields: follow(fields, 0.0)),
        Method("Cellpose, flow check on", targets, lambda fields: follow(fields, 0.4)),
    ]


def omnipose() -> list[Method]:
    allow_torchvision()
    from omnipose import core

    def targets(labels: Array) -> Any:
        return core.masks_to_flows(labels.astype(np.int32), use_gpu=False, omni=True, dim=2), labels > 0

    def follow(fields: Any) -> Array:
        (_, distance, _, flow), inside = fields[0][-4:], fields[1]
        found = core.compute_masks(
            5 * np.asarray(flow), np.where(inside, distance, -5), flow_threshold=0, omni=True, use_gpu=False, dim=2
        )
        return np.asarray(found[0])

    return [Method("Omnipose", targets, follow)]


def stardist() -> list[Method]:
    from stardist.geometry import polygons_to_label, star_dist
    from stardist.nms import non_maximum_suppression
    from stardist.utils import edt_prob

    def targets(labels: Array) -> tuple[Array, Array]:
        return star_dist(labels.astype(np.int32), n_rays=32), edt_prob(labels.astype(np.int32))

    def follow(fields: tuple[Array, Array]) -> Array:
        points, scores, rays = non_maximum_suppression(fields[0], fields[1], prob_thresh=0.5, nms_thresh=0.4)
        return np.asarray(polygons_to_label(rays, points, fields[1].shape, prob=scores))

    return [Method("StarDist", targets, follow)]


def hover_watershed() -> list[Method]:
    """HoVer-Net (Graham et al. 2019), from the paper: signed distance maps, Sobel, markers, watershed."""
    from skimage.segmentation import watershed

    def targets(labels: Array) -> tuple[Array, Array]:
        maps = np.zeros((2, *labels.shape), np.float32)
        for number, box in enumerate(ndimage.find_objects(labels), 1):
            if box is None:
                continue
            inside = labels[box] == number
            for axis, places in enumerate(np.nonzero(inside)):
                step = places - places.mean()
                scale = np.where(step < 0, -step.min(), step.max())
                maps[axis][box][inside] = step / np.maximum(scale, 1e-6)
        return maps, (labels > 0).astype(np.float32)

    def follow(fields: tuple[Array, Array]) -> Array:
        (down, right), inside = fields[0], fields[1] > 0.5
        slopes = []
        for field, order in ((right, (1, 0)), (down, (0, 1))):
            scaled = cv2.normalize(field, None, 0, 1, cv2.NORM_MINMAX, cv2.CV_32F)
            slope = cv2.Sobel(scaled, cv2.CV_32F, *order, ksize=21)
            slopes.append(1 - cv2.normalize(slope, None, 0, 1, cv2.NORM_MINMAX, cv2.CV_32F))
        edge = np.maximum(*slopes) - (1 - inside)
        edge[edge < 0] = 0
        energy = -cv2.GaussianBlur(((1 - edge) * inside).astype(np.float32), (3, 3), 0)
        core = ndimage.binary_fill_holes(inside & (edge < 0.4))
        core = cv2.morphologyEx(core.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        return np.asarray(watershed(energy, ndimage.label(core)[0], mask=inside))

    return [Method("HoVer-Net style watershed", targets, follow)]


GROUPS: dict[str, Callable[[], list[Method]]] = {
    "uniaims": ours,
    "hovernet": hover_watershed,
    "stardist": stardist,
    "omnipose": omnipose,
    "cellpose": cellpose,
}


def available(names: list[str]) -> tuple[list[Method], list[str]]:
    """Return the methods that can be imported, and a line for each that can't."""
    methods: list[Method] = []
    missing = []
    for name in names:
        try:
            methods += GROUPS[name]()
        except (ImportError, RuntimeError, AttributeError) as error:
            missing.append(f"{name}: not installed ({type(error).__name__}: {error})")
    return methods, missing


def timed(function: Callable[[Any], Any], value: Any) -> tuple[Any, float]:
    """Return the result and the CPU-seconds it took: the least of several runs, if they fit into 4 s together."""
    seconds: list[float] = []
    while sum(seconds) + min(seconds, default=0) < 4:
        start = time.process_time()
        result = function(value)
        seconds.append(time.process_time() - start)
    return result, min(seconds)


def compare(methods: list[Method], size: int) -> None:
    """Print a Markdown table of all methods on one image."""
    labels = blobs(size, 0)
    print(f"\n{size} x {size}, {labels.max()} instances\n")
    print("| method | targets, CPU-s | x ours | flows to labels, CPU-s | x ours | AP50 | AP90 |")
    print("|---|---|---|---|---|---|---|")
    first: tuple[float, float] | None = None
    done: dict[Any, tuple[Any, float]] = {}
    for method in methods:
        method.labels(method.targets(blobs(256, 1)))
        if method.targets not in done:
            done = {method.targets: timed(method.targets, labels)}
        fields, target_seconds = done[method.targets]
        found, label_seconds = timed(method.labels, fields)
        first = first or (target_seconds, label_seconds)
        score = evaluate(labels, found)
        print(
            f"| {method.name} | {target_seconds:.2f} | {target_seconds / first[0]:.0f} | {label_seconds:.2f} "
            f"| {label_seconds / first[1]:.0f} | {score.average_precisions[0]:.4f} "
            f"| {score.average_precisions[8]:.4f} |",
            flush=True,
        )


def turns(rounds: int, size: int = 2048) -> None:
    """Print how many times as many CPU-seconds as ours Cellpose takes from our fields to labels, by turns.

    Other work on the machine slows both; ours is run before and after, and the mean of the two is taken.
    """
    method = cellpose()[0]
    labels = blobs(size, 0)
    fields = fields_from_labels(labels)
    theirs = (fields.flow, fields.probability >= 0.5)
    small = fields_from_labels(blobs(256, 1))
    labels_from_fields(small)
    method.labels((small.flow, small.probability >= 0.5))
    print(f"\n{size} x {size}, {labels.max()} instances; {method.name}\n")
    print("| threads | ours, CPU-s | Cellpose, CPU-s | ratio | AP50 | AP90 |\n|---|---|---|---|---|---|")
    for _ in range(rounds):
        for threads in (1, None):
            found, before = once(lambda fields, threads=threads: labels_from_fields(fields, threads=threads), fields)
            _, peer = once(method.labels, theirs)
            found, after = once(lambda fields, threads=threads: labels_from_fields(fields, threads=threads), fields)
            ours, (low, high) = (before + after) / 2, scores_of(labels, found)
            name = threads or "all"
            print(f"| {name} | {ours:.3f} | {peer:.2f} | {peer / ours:.0f} | {low:.4f} | {high:.4f} |", flush=True)


def once(function: Callable[[Any], Any], value: Any) -> tuple[Any, float]:
    """Return the result and the CPU-seconds of one run; of a second one if the first took less than 1 s."""
    start = time.process_time()
    result = function(value)
    if (seconds := time.process_time() - start) < 1:
        start = time.process_time()
        result = function(value)
        seconds = time.process_time() - start
    return result, seconds


def noise(methods: list[str], seeds: list[int]) -> None:
    """Print AP50/AP90 of us (and Cellpose) on the spoilt cases."""
    ways: dict[str, Callable[[Fields], Array]] = {
        "Uni-AIMS": labels_from_fields,
        "Uni-AIMS without merging": lambda fields: labels_from_fields(fields, FlowSettings(merge_difference=0)),
    }
    for method in available([name for name in methods if name == "cellpose"])[0]:
        ways[method.name] = lambda fields, way=method: way.labels((fields.flow, fields.probability >= 0.5))
    print("\n| way | seed | " + " | ".join(SCENES) + " | mean AP50/AP90 |\n|---|---|" + "---|" * (len(SCENES) + 1))
    for seed in seeds:
        cases = {}
        for name, scene in SCENES.items():
            labels = scene(384, seed)
            clean = fields_from_labels(labels)
            cases[name] = (labels, [spoil(clean, np.random.default_rng(seed)) for spoil in SPOILINGS.values()])
        for name, way in ways.items():
            scores = {
                scene: np.mean([scores_of(labels, way(fields)) for fields in spoilt], axis=0)
                for scene, (labels, spoilt) in cases.items()
            }
            cells = [*scores.values(), np.mean(list(scores.values()), axis=0)]
            row = " | ".join(f"{low:.3f}/{high:.3f}" for low, high in cells)
            print(f"| {name} | {seed} | {row} |", flush=True)


def scores_of(labels: Array, found: Array) -> tuple[float, float]:
    """Return AP50 and AP90."""
    score = evaluate(labels, found)
    return score.average_precisions[0], score.average_precisions[8]


def large() -> None:
    """Print seconds and memory of flows -> labels at 8192 x 8192, from compact fields."""
    labels_from_fields(fields_from_labels(blobs(1024, 1)).compact())
    labels = blobs(8192, 0)
    start, cpu = time.perf_counter(), time.process_time()
    fields = fields_from_labels(labels)
    print(
        f"8192 x 8192, {labels.max()} instances: targets {time.perf_counter() - start:.1f} s wall, "
        f"{time.process_time() - cpu:.1f} CPU-s"
    )
    compact = fields.compact()
    del fields
    start, cpu = time.perf_counter(), time.process_time()
    found = labels_from_fields(compact)
    print(
        f"flows to labels {time.perf_counter() - start:.1f} s wall, {time.process_time() - cpu:.1f} CPU-s; "
        f"AP50, AP90 {scores_of(labels, found)}; "
        f"peak memory of all of this {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1024, 2048])
    parser.add_argument("--methods", nargs="*", default=list(GROUPS), choices=list(GROUPS))
    parser.add_argument("--noise", action="store_true")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--turns", type=int, default=0)
    given = parser.parse_args()
    if given.turns:
        turns(given.turns)
    elif given.large:
        large()
    elif given.noise:
        noise(given.methods, given.seeds)
    else:
        methods, missing = available(given.methods)
        for size in given.sizes:
            compare(methods, size)
        print("\n" + "\n".join(missing))


if __name__ == "__main__":
    main()
