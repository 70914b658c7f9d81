"""The data engine on one machine: open, edit, undo and replay layers of many instances.

    python benchmarks/engine.py [--sides 8192] [--edits 300] [--undo 1000]

Prints a line for each figure of the table in docs/engine.md. Times are wall times; run it on a quiet machine.
"""

import argparse
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.engine import Engine
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.layers.layer import Layer
from uniaims.engine.layers.patch import difference
from uniaims.engine.layers.tile import TILE_PX, DecodedTiles

_CELL_PX = 26


def labels_of(side: int) -> NDArray[np.uint32]:
    """Disks of 1 to 12 px radius in a grid; a third has 1 to 3 px."""
    labels = np.zeros((side, side), np.uint32)
    rng = np.random.default_rng(0)
    down, across = np.mgrid[-13:13, -13:13]
    for number, (y, x) in enumerate(np.ndindex(side // _CELL_PX, side // _CELL_PX), 1):
        radius = rng.integers(1, 4) if number % 3 == 0 else rng.integers(4, 13)
        part = labels[y * _CELL_PX : (y + 1) * _CELL_PX, x * _CELL_PX : (x + 1) * _CELL_PX]
        part[down**2 + across**2 <= radius**2] = number
    return labels


@contextmanager
def told(what: str) -> Iterator[None]:
    """Print how long a block takes, and how much processor time, which depends less on what else runs."""
    begin, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    print(f"{what:55s} {1000 * wall:10.1f} ms {1000 * cpu:21.1f} ms cpu", flush=True)


def strokes(layer: Layer, author: Author, count: int) -> Iterator[Edit]:
    """Brush strokes of 20 px at random places, each a new instance."""
    rng = np.random.default_rng(1)
    down, across = np.mgrid[-20:21, -20:21]
    disk = down**2 + across**2 <= 400
    first = 0
    for index in range(count):
        if index % 1024 == 0:
            first = layer.give_numbers(1024, author)
        y, x = rng.integers(20, layer.shape[0] - 21, 2)
        top, left = int(y) - 20, int(x) - 20
        before = layer.labels(Box(top, left, top + 41, left + 41))
        after = np.where(disk, np.uint32(first + index % 1024), before)
        patch = difference(before, after, (top, left))
        seen = dict.fromkeys(set(patch.numbers) - {first + index % 1024}, layer.seq)
        yield Edit(f"stroke {index} {first}", "paint", "brush", patch.encode(), seen, {first + index % 1024: 1})


def spread(what: str, times: list[tuple[float, float]]) -> None:
    """Print median and 95th percentile of some seconds, and the median processor time."""
    walls = sorted(wall for wall, _ in times)
    cpu, late = statistics.median(cpu for _, cpu in times), walls[int(0.95 * len(walls))]
    middle = statistics.median(walls)
    print(f"{what:55s} {1000 * middle:10.1f} ms {1000 * late:8.1f} ms p95 {1000 * cpu:6.1f} ms cpu", flush=True)


def timed(function: Callable[[], object]) -> tuple[float, float]:
    """How long a call takes, and how much processor time, in seconds."""
    begin, cpu = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - begin, time.process_time() - cpu


def measure(engine: Engine, side: int, edits: int, undone: int) -> None:
    """All figures of one size."""
    labels, account = labels_of(side), engine.accounts.local()
    author = Author(account.id, "benchmark")
    print(f"-- {side} x {side} px, {int(labels.max())} instances")
    image = engine.images.add(1, NewImage(f"{side}", f"{side:064x}", 1), account)
    engine.images.finish(image.id, Reading(side, side))
    with told("ingest: labels -> blobs on the disk"):
        manifest = write_labels(labels, engine.blobs)
    layer_id = engine.layers.add(image.id, manifest, account_id=account.id)
    with told("open the layer"):
        layer = engine.layers.open(layer_id)
    top = layer.level_count - 1
    with told("first tile (the coarsest)"):
        layer.tile(top, 0, 0)
    with told("tiles of a screen (16 of level 1)"):
        layer.tiles([(min(1, top), y, x, -1) for y in range(4) for x in range(4) if y < side >> 10 and x < side >> 10])
    with told("instance list (rows)"):
        layer.rows()
    spread("tile of level 0", [timed(lambda i=i: layer.tile(0, i % (side // TILE_PX), 0)) for i in range(50)])
    made = strokes(layer, author, edits)
    spread("edit: brush stroke of r = 20 px", [timed(lambda e=e: layer.apply(author, [e])) for e in made])
    with told("the coarse tiles above an edit made anew"):
        layer.tile(top, 0, 0)
    with told("snapshot"):
        layer.snapshot()
    with told("delete 1,000 instances at once"):
        layer.apply(author, [Edit(f"delete {side}", "delete", "lasso", numbers=tuple(range(1, 1001)))])
    replay(engine, layer, author)
    undo(layer, author, undone)


def replay(engine: Engine, layer: Layer, author: Author) -> None:
    """How long opening takes with 250 edits behind the snapshot."""
    layer.snapshot()

    def opened() -> tuple[float, float]:
        """The quickest of three."""
        return min(timed(lambda: Layer(layer.id, engine.database, engine.blobs, DecodedTiles())) for _ in range(3))

    bare = opened()
    for edit in strokes(layer, author, 250):
        layer.apply(author, [edit])
    assert layer.edits_behind == 250
    spread("replay of 250 edits on opening", [tuple(np.subtract(opened(), bare))])


def undo(layer: Layer, author: Author, count: int) -> None:
    """Undo so many edits, one after the other."""
    for edit in strokes(layer, author, count):
        layer.apply(author, [edit])
    with told(f"undo of {count} edits"):
        for _ in range(count):
            assert layer.undo(author).status == "accepted"


def main() -> None:
    """Measure all sizes in a folder that goes afterwards."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[8192])
    parser.add_argument("--edits", type=int, default=300)
    parser.add_argument("--undo", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; a folder for temporary files else")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    try:
        with Engine.open(folder / "data") as engine:
            engine.projects.add("benchmark")
            measure(engine, 1024, 5, 2)  # compiles the kernels
            for side in given.sides:
                measure(engine, side, given.edits, given.undo)
    finally:
        shutil.rmtree(folder)
    print(f"largest memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
