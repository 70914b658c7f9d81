"""Kill a program that edits a layer, again and again, and see that nothing it has acknowledged is lost.

    python benchmarks/engine_rounds.py [--rounds 500]

Each round starts a child that edits, undoes, makes snapshots and replaces labels, and writes down what was acknowledged
before it goes on; it is killed (SIGKILL) at a random moment. Then the folder is opened, and every acknowledged edit
must be in the log, every blob whole, no half-written file there, and the labels those that the log gives.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import select

from uniaims.engine import Engine
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.layers.instances import measured_rows
from uniaims.engine.layers.layer import Layer
from uniaims.engine.layers.manifest import read_manifest
from uniaims.engine.layers.patch import difference
from uniaims.engine.layers.replacing import Replacement
from uniaims.engine.layers.tile import Tile
from uniaims.engine.tables import edits, snapshots

_SHAPE = (700, 900)
_LONGEST_S = 0.5


def first_labels() -> np.ndarray:
    """A few rectangles."""
    labels = np.zeros(_SHAPE, np.uint32)
    for number in range(1, 40):
        y, x = divmod(number - 1, 8)
        labels[20 + y * 120 : 70 + y * 120, 20 + x * 105 : 80 + x * 105] = number
    return labels


def edit_until_killed(folder: Path, round_number: int) -> None:
    """What the child does: random edits, each acknowledged on standard output."""
    rng = random.Random(round_number)
    with Engine.open(folder) as engine:
        layer = engine.layers.open(1)
        author = Author(engine.accounts.local().id, f"round {round_number}")
        layer.apply(author, [stroke(layer, author, f"{round_number}-first", rng)])  # loads the kernels
        print(f"{round_number}-first", flush=True)
        for step in range(100_000):
            told = act(engine, layer, author, f"{round_number}-{step}", rng)
            if told:
                print(told, flush=True)


def act(engine: Engine, layer: Layer, author: Author, edit_id: str, rng: random.Random) -> str:
    """Do one thing; the ids of what was acknowledged."""
    chance = rng.random()
    if chance < 0.04:
        layer.snapshot()
        return ""
    if chance < 0.06:
        new = Replacement(write_labels(np.roll(first_labels(), rng.randrange(300), 1), engine.blobs), "import")
        return layer.replace(new, author, edit_id).edit_id
    if chance < 0.2 and layer.seq:
        newest = layer.history(limit=1)[0]
        if newest.undone_by is None and newest.undoes is None:
            return layer.undo(author, newest.seq, edit_id).edit_id
    numbers = layer.rows()[1]["number"]
    if chance < 0.4 and len(numbers):
        edit = Edit(edit_id, "set", numbers=(int(rng.choice(numbers)),), name="kind", value=rng.randrange(9))
    elif chance < 0.5 and len(numbers) > 20:
        edit = Edit(edit_id, "delete", numbers=(int(rng.choice(numbers)),))
    else:
        edit = stroke(layer, author, edit_id, rng)
    result = layer.apply(author, [edit])[0]
    return edit_id if result.status == "accepted" else ""


def stroke(layer: Layer, author: Author, edit_id: str, rng: random.Random) -> Edit:
    """A new rectangle somewhere."""
    number = layer.give_numbers(1, author)
    before = layer.labels()
    after = before.copy()
    y, x = rng.randrange(_SHAPE[0] - 60), rng.randrange(_SHAPE[1] - 60)
    after[y : y + rng.randrange(1, 60), x : x + rng.randrange(1, 60)] = number
    patch = difference(before, after)
    seen = dict.fromkeys(patch.numbers, layer.seq)
    seen.pop(number, None)
    return Edit(edit_id, "paint", "brush", patch.encode(), seen, {number: 1})


def check(folder: Path, acknowledged: set[str]) -> None:
    """See that all is there and whole."""
    with Engine.open(folder) as engine:
        layer = engine.layers.open(1)
        with engine.database.read() as connection:
            logged = set(connection.execute(select(edits.c.edit_id)).scalars())
            count = connection.execute(select(edits.c.seq)).scalars().all()
            manifests = connection.execute(select(snapshots.c.manifest)).scalars().all()
        lost = acknowledged - logged
        assert not lost, f"lost: {sorted(lost)[:5]}"
        assert sorted(count) == list(range(1, layer.seq + 1)), "the log has gaps"
        labels, rows = layer.labels(), layer.rows()[1]
        wanted = measured_rows(labels)
        rows = rows[np.argsort(rows["number"])]
        assert rows["number"].tolist() == wanted["number"].tolist(), "rows and pixels differ"
        assert (rows["area"] == wanted["area"]).all(), "areas differ"
        for manifest in manifests[-3:]:
            for tiles in read_manifest(manifest, engine.blobs).tiles:
                for name in tiles.values():
                    Tile(name).pixels(engine.blobs)
        left = [path.name for path in engine.blobs.folder.rglob("*") if path.is_file() and len(path.name) != 64]
        assert not left, f"half-written: {left}"


def play(folder: Path, round_number: int, acknowledged: set[str]) -> int:
    """One round; how many edits were acknowledged in it."""
    command = [sys.executable, __file__, "--child", str(folder), str(round_number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        acknowledged.add(child.stdout.readline().strip())
        time.sleep(random.Random(-round_number).uniform(0, _LONGEST_S))
        child.send_signal(signal.SIGKILL)
        told = child.stdout.read().split("\n")[:-1]  # an unfinished line was not told
    acknowledged.update(told)
    check(folder, acknowledged)
    return len(told)


def main() -> None:
    """Play all rounds in a folder that goes afterwards."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--child", nargs=2, default=None, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        edit_until_killed(Path(given.child[0]), int(given.child[1]))
    folder, acknowledged = Path(tempfile.mkdtemp(dir=given.folder)), set()
    try:
        with Engine.open(folder) as engine:
            engine.projects.add("rounds")
            image = engine.images.add(1, NewImage("image", "0" * 64, 1), engine.accounts.local())
            engine.images.finish(image.id, Reading(_SHAPE[1], _SHAPE[0]))
            engine.layers.add(image.id, write_labels(first_labels(), engine.blobs))
        idle = sum(play(folder, number, acknowledged) == 0 for number in range(given.rounds))
    finally:
        shutil.rmtree(folder)
    print(
        f"{given.rounds} rounds, {len(acknowledged)} acknowledged edits, {idle} rounds without any: 0 lost, all whole"
    )


if __name__ == "__main__":
    main()
