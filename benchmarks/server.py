"""How long routes take on a layer of 8192 x 8192 px: ``python benchmarks/server.py --instances 1000 100000``.

The application runs in this process: what is measured is everything but the network.
"""

import argparse
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from starlette.testclient import TestClient

from uniaims.boxes import Box
from uniaims.engine import Engine
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.layers.patch import difference
from uniaims.engine.queue import Queue
from uniaims.engine.warming import warm
from uniaims.server.application import application, behind_door
from uniaims.server.desk import Desk, Links

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
    with TemporaryDirectory() as folder, Engine.open(Path(folder)) as engine:
        account = engine.accounts.local()
        image = engine.images.add(engine.projects.add("p", account).id, NewImage("a", "0" * 64, 1), account)
        engine.images.finish(image.id, Reading(SIDE_PX, SIDE_PX))
        layer = engine.layers.add(image.id, write_labels(grid(count), engine.blobs), "main", account.id)
        desk = Desk(engine, Links(lambda: "secret"), Queue(engine.database))
        client = TestClient(behind_door(application(desk)), base_url="http://127.0.0.1")
        client.post("/api/v1/start", json={"token": "secret"})
        client.get("/api/v1/session")
        place = f"/api/v1/layers/{layer}"
        view = [[2, y, x, -1] for y in range(4) for x in range(4)]
        told = {
            "open_ms": milliseconds(lambda: client.get(place)),
            "first_tile_ms": milliseconds(lambda: client.post(f"{place}/tiles", json={"tiles": [[4, 0, 0, -1]]})),
            "view_of_16_tiles_ms": milliseconds(lambda: client.post(f"{place}/tiles", json={"tiles": view})),
            "instances_ms": milliseconds(lambda: client.get(f"{place}/instances")),
            "figures_ms": milliseconds(lambda: client.get(f"{place}/figures")),
        }
        edits = sorted(milliseconds(lambda i=i: erase(client, place, engine, layer, i)) for i in range(EDITS))
    return told | {"edit_p50_ms": edits[EDITS // 2], "edit_p95_ms": edits[EDITS * 95 // 100]}


def erase(client: TestClient, place: str, engine: Engine, layer: int, turn: int) -> None:
    """One edit: a square of 20 px is made background."""
    box = Box(80 * turn, 100, 80 * turn + 20, 120)
    now = engine.layers.open(layer).labels(box)
    patch = base64.b64encode(difference(now, np.zeros_like(now), (box.top, box.left)).encode()).decode()
    touched = [{"number": int(number), "seen": 2**31} for number in np.unique(now) if number]
    edit = {"edit_id": f"e{turn}", "kind": "paint", "patch": patch, "touched": touched}
    answer = client.post(f"{place}/edits", json={"client": "me", "edits": [edit]}).json()
    assert answer["results"][0]["status"] == "accepted", answer


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    warm()
    print(json.dumps({count: measured(count) for count in parser.parse_args().instances}, indent=2))
