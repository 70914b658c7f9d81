"""How long routes take on a layer of 8192 x 8192 px: ``python benchmarks/server.py --instances 1000 100000``.

The server is a process of its own, the client one of its connections: what is measured is what a page waits for.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from serving import Server, painting, served

from uniaims import Client
from uniaims.engine import Engine
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.layers.patch import difference

SIDE_PX = 8192
EDITS = 100


def grid(count: int) -> np.ndarray:
    """Labels of ``count`` squares, side by side."""
    per_row = int(np.ceil(count**0.5))
    step = SIDE_PX // per_row
    labels = np.zeros((SIDE_PX, SIDE_PX), np.uint32)
    for number in range(count):
        row, column = divmod(number, per_row)
        labels[row * step : (row + 1) * step - 4, column * step : (column + 1) * step - 4] = number + 1
    return labels


def milliseconds(work: Callable[[], Any]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return round((time.perf_counter() - start) * 1e3, 1)


def measured(count: int) -> dict[str, float]:
    """Figures for a layer of so many instances."""
    labels = grid(count)
    with TemporaryDirectory() as folder:
        with Engine.open(Path(folder)) as engine:
            account = engine.accounts.local()
            image = engine.images.add(engine.projects.add("p", account).id, NewImage("a", "0" * 64, 1), account)
            engine.images.finish(image.id, Reading(SIDE_PX, SIDE_PX))
            layer = engine.layers.add(image.id, write_labels(labels, engine.blobs), "main", account.id)
        with served(Path(folder)) as server:
            return timed(server, f"layers/{layer}", labels)


def timed(server: Server, place: str, labels: np.ndarray) -> dict[str, float]:
    """How long the requests of a page take, one after the other."""
    client = server.client
    view = [[2, y, x, -1] for y in range(4) for x in range(4)]

    def tiles(wanted: list[list[int]]) -> float:
        return milliseconds(lambda: client.request("POST", f"{place}/tiles", json={"tiles": wanted}))

    told = {
        "open_ms": milliseconds(lambda: client.request("GET", place)),
        "first_tile_ms": tiles([[4, 0, 0, -1]]),
        "view_of_16_tiles_ms": tiles(view),
        "instances_ms": milliseconds(lambda: client.request("GET", f"{place}/instances")),
        "figures_ms": milliseconds(lambda: client.request("GET", f"{place}/figures")),
    }
    for name, work in (("edit", erase), ("undo", take_back)):
        before = server.cpu_seconds
        times = sorted(milliseconds(lambda i=i, work=work: work(client, place, labels, i)) for i in range(EDITS))
        told |= {f"{name}_p50_ms": times[EDITS // 2], f"{name}_p95_ms": times[EDITS * 95 // 100]}
        told[f"{name}_cpu_ms"] = round((server.cpu_seconds - before) / EDITS * 1e3, 2)
    return told


def erase(client: Client, place: str, labels: np.ndarray, turn: int) -> None:
    """One edit: a square of 20 px is made background."""
    top = 80 * turn
    now = labels[top : top + 20, 100:120]
    patch = difference(now, np.zeros_like(now), (top, 100)).encode()
    edit = painting(f"e{turn}", patch, dict.fromkeys(np.unique(now[now > 0]).tolist(), 2**31))
    answer = client.request("POST", f"{place}/edits", json={"client": "me", "edits": [edit]}).json()
    assert answer["results"][0]["status"] == "accepted", answer


def take_back(client: Client, place: str, _labels: np.ndarray, _turn: int) -> None:
    """The newest edit is taken back."""
    client.request("POST", f"{place}/undo", json={"client": "me"})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    print(json.dumps({count: measured(count) for count in parser.parse_args().instances}, indent=2))
