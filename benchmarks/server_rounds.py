"""Kill a server and its worker while people edit, upload, measure and export; see that nothing they were told is lost.

    python benchmarks/server_rounds.py --rounds 500 [--folder DIR]

Each round starts `uniaims serve` (forked from this process, which has imported everything), does over HTTP what was
left undone in the round before, goes on, and kills the server (SIGKILL) at a random moment; in every third round the
worker too, before. Then the folder is opened: what was acknowledged must be there, rows and pixels agree, and no file
be half-written. With ``--folder`` rounds go on where they ended the last time. At last a server that nobody kills must
bring everything to its end.
"""

import argparse
import base64
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from engine_rounds import check, first_labels
from serving import painting
from sqlalchemy import select

from uniaims import Client
from uniaims.cli import main as uniaims
from uniaims.client import Image
from uniaims.engine import Engine
from uniaims.engine.blobs import hash_of_file
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.layers.patch import difference
from uniaims.engine.tables import images, jobs, uploads
from uniaims.engine.warming import warm
from uniaims.errors import ConflictError, InputError, OutputError

_TUS = {"Tus-Resumable": "1.0.0"}
_LEFT = ("queued", "running", "done")
_KILLED_OFTEN = "The worker died"


@dataclass
class Told:
    """What servers have acknowledged, and what was on the way when they died.

    Attributes:
        edits: ids; ``pending``: the edit whose answer never came, to be sent again.
        sending: the file on its way: its number and name, bytes acknowledged; ``files``: names of those that are whole.
        jobs: numbers; ``done``: of those that were said to be done.
    """

    rounds: int = 0
    worker_kills: int = 0
    edits: list[str] = field(default_factory=list)
    repeated: int = 0
    pending: dict[str, Any] | None = None
    sending: dict[str, Any] | None = None
    files: list[str] = field(default_factory=list)
    jobs: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    retried: int = 0


@contextmanager
def forked(data: Path, log: Path) -> Iterator[tuple[int, Client]]:
    """A server in a child process, and a client that is signed in; it is killed at the end, if it still lives."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 1)
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        os._exit(uniaims(["serve", "--data", str(data), "--port", "0", "--no-open"]))
    os.close(writing)
    with os.fdopen(reading) as said:
        link = next((line.strip() for line in said if "#/start?token=" in line), None)
        assert link, f"the server ended with {os.waitpid(child, 0)[1]}: see {log}"
        try:
            with Client(link) as client:
                yield child, client
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            said.close()


def edit(client: Client, told: Told, rng: random.Random) -> None:
    """Strokes, deletions, kinds and undo, one after the other; first what had no answer."""
    place, name = "layers/1", f"editor {told.rounds}"
    image = Image(client, client.project("rounds"), 1)
    labels, step = image.labels(), 0
    while True:
        if told.pending is None:
            edit_id = f"{told.rounds}-{step}"
            told.pending, wanted = next_edit(client, place, name, labels, edit_id, rng)
            told.pending["client"] = name
            step += 1
        else:
            wanted = None
        sent = {key: value for key, value in told.pending.items() if key != "client"}
        body = {"client": told.pending["client"], "edits": [sent]}
        status = client.request("POST", f"{place}/edits", json=body).json()["results"][0]["status"]
        assert status in {"accepted", "repeated"}, (status, told.pending)
        told.edits.append(told.pending["edit_id"])
        told.repeated += status == "repeated"
        told.pending = None
        labels = image.labels() if wanted is None else wanted
        if rng.random() < 0.1:
            with suppress(ConflictError):
                told.edits.append(client.request("POST", f"{place}/undo", json={"client": name}).json()["edit_id"])
            labels = image.labels()


def next_edit(
    client: Client, place: str, name: str, labels: np.ndarray, edit_id: str, rng: random.Random
) -> tuple[dict[str, Any], np.ndarray]:
    """An edit of labels, and the labels after it."""
    present = np.unique(labels[labels > 0]).tolist()
    number, after = rng.choice(present) if present else 0, labels.copy()
    if present and rng.random() < 0.4:
        kind = "delete" if len(present) > 20 and rng.random() < 0.5 else "set"
        after[labels == (number if kind == "delete" else -1)] = 0
        more = {"field": "kind", "value": rng.randrange(9)} if kind == "set" else {}
        touched = [{"number": number, "seen": 2**31}]
        return {"edit_id": edit_id, "kind": kind, "numbers": [number], "touched": touched, **more}, after
    fresh = client.request("POST", f"{place}/numbers", json={"client": name, "count": 1}).json()["first"]
    y, x = rng.randrange(labels.shape[0] - 60), rng.randrange(labels.shape[1] - 60)
    after[y : y + rng.randrange(1, 60), x : x + rng.randrange(1, 60)] = fresh
    patch = difference(labels, after)
    return painting(edit_id, patch.encode(), {n: 2**31 for n in patch.numbers if n != fresh}, {fresh: 1}), after


def upload(client: Client, told: Told, rng: random.Random) -> None:
    """Small files, each in some parts; first the rest of the one that was on its way."""
    project = client.project("rounds").id
    while True:
        if told.sending is None:
            name = f"file {told.rounds} {rng.randrange(10**9)}.png"
            size = len(picture(name))
            facts = {"filename": name, "project": str(project), "purpose": "image"}
            metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in facts.items())
            headers = {**_TUS, "Upload-Length": str(size), "Upload-Metadata": metadata}
            where = client.request("POST", "uploads", headers=headers).headers["location"]
            told.sending = {"number": where.rpartition("/")[2], "name": name, "bytes": 0}
        data, number = picture(told.sending["name"]), told.sending["number"]
        offset = int(client.request("HEAD", f"uploads/{number}", headers=_TUS).headers["upload-offset"])
        assert offset >= told.sending["bytes"], f"{told.sending} was acknowledged, {offset} are there"
        while offset < len(data):
            part = data[offset : offset + rng.randrange(1, len(data))]
            headers = {**_TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            answer = client.request("PATCH", f"uploads/{number}", content=part, headers=headers)
            offset = told.sending["bytes"] = int(answer.headers["upload-offset"])
        told.files.append(told.sending["name"])
        told.sending = None
        time.sleep(rng.uniform(0, 4))


def picture(name: str) -> bytes:
    """A file that is no other's, the same each time."""
    values = np.random.default_rng(list(name.encode())).integers(0, 255, (64, 64), np.uint8)
    return cv2.imencode(".png", values)[1].tobytes()


def order(client: Client, told: Told, rng: random.Random) -> None:
    """Exports and measurements; each is waited for."""
    project = client.project("rounds").id
    while True:
        kind = rng.choice(["export", "export", "measure"])
        params = {"format": rng.choice(["labels", "coco"]), "images": [1]} if kind == "export" else {"image": 1}
        body = {"kind": kind, "params": params}
        told.jobs.append(client.request("POST", f"projects/{project}/jobs", json=body).json()["id"])
        with suppress(InputError):
            client.wait(told.jobs[-1])
            told.done.append(told.jobs[-1])


def play(data: Path, told: Told) -> None:
    """One round."""
    rng = random.Random(told.rounds)
    faults: list[BaseException] = []

    def until_killed(work: Callable[[Client, Told, random.Random], None], link: Client, seed: int) -> None:
        """Work until the server answers no more; what else goes wrong is told."""
        try:
            work(link, told, random.Random(seed))
        except OutputError:  # the server is dead
            pass
        except BaseException as error:
            faults.append(error)

    with forked(data, data.parent / "server.log") as (server, client):
        works = [
            threading.Thread(target=until_killed, args=(work, client, rng.randrange(10**9)))
            for work in (edit, upload, order)
        ]
        for each in works:
            each.start()
        longest = 30 if told.rounds % 20 == 19 else rng.choice([1, 4, 8])  # a worker needs seconds to begin
        kill_at = time.monotonic() + rng.uniform(0, longest)
        if told.rounds % 3 == 0:
            time.sleep(max(0, rng.uniform(0, kill_at - time.monotonic())))
            told.worker_kills += kill_children(server)
        time.sleep(max(0, kill_at - time.monotonic()))
        os.kill(server, signal.SIGKILL)
        for each in works:
            each.join()
    if faults:
        raise faults[0]
    told.rounds += 1


def kill_children(server: int) -> int:
    """Kill what a server has started; how many."""
    threads = Path(f"/proc/{server}/task").iterdir()
    children = [each for task in threads for each in (task / "children").read_text().split()]
    for each in children:
        with suppress(ProcessLookupError):
            os.kill(int(each), signal.SIGKILL)
    return len(children)


def look(data: Path, told: Told) -> None:
    """See that all that was told is there, and whole."""
    check(data, set(told.edits))
    with Engine.open(data) as engine, engine.database.read() as connection:
        there = {row.id: row for row in connection.execute(select(jobs))}
        names = set(connection.execute(select(images.c.name)).scalars())
        whole = connection.execute(select(uploads.c.name).where(uploads.c.offset == uploads.c.bytes)).scalars().all()
    for number in told.jobs:
        row = there[number]
        assert row.state in _LEFT or row.error.startswith(_KILLED_OFTEN), (number, row.state, row.error)
        assert number not in told.done or row.state == "done", f"job {number} was done, and is {row.state}"
        if row.state == "done" and "blob" in row.result:
            path = data / "blobs" / row.result["blob"][:2] / row.result["blob"]
            assert hash_of_file(path) == row.result["blob"], path
    lost = set(told.files) - names - set(whole)
    assert not lost, f"lost files: {lost}"


def bring_to_an_end(data: Path, told: Told) -> None:
    """A server that nobody kills does what waits; what was killed too often is asked for again."""
    with forked(data, data.parent / "server.log") as (_, client):
        for job in all_jobs(client):
            if job["state"] == "failed" and job["error"].startswith(_KILLED_OFTEN):
                client.request("POST", f"jobs/{job['id']}/retry")
                told.retried += 1
        for job in all_jobs(client):
            client.wait(job["id"])
        listed = client.listed(f"projects/{client.project('rounds').id}/images")
        states = {image["name"]: image["state"] for image in listed}
    assert set(told.files) <= states.keys()
    assert set(states.values()) == {"ready"}, states
    with Engine.open(data) as engine, engine.database.read() as connection:
        on_their_way = set(connection.execute(select(uploads.c.id).where(uploads.c.state == "open")).scalars())
    left = {path.name for path in (data / "uploads").glob("*")} - on_their_way
    assert not left, f"left of uploads: {left}"


def all_jobs(client: Client) -> list[dict[str, Any]]:
    """All jobs, the newest first."""
    found: list[dict[str, Any]] = []
    after: int | None = None
    while True:
        page = client.request("GET", "jobs", params={} if after is None else {"after": after}).json()
        found += page["items"]
        after = page["next"]
        if after is None:
            return found


def prepare(data: Path) -> None:
    """A project with an image and its labels."""
    labels = first_labels()
    with Engine.open(data) as engine:
        account = engine.accounts.local()
        project = engine.projects.add("rounds", account)
        values = np.where(labels > 0, 180, 60).astype(np.uint8)
        file = engine.blobs.put(cv2.imencode(".png", values)[1].tobytes())
        new = NewImage("image.png", file, engine.blobs.path(file).stat().st_size, ".png")
        image = engine.images.add(project.id, new, account)
        engine.images.finish(image.id, Reading(labels.shape[1], labels.shape[0]))
        engine.layers.add(image.id, write_labels(labels, engine.blobs))


def main() -> None:
    """Play rounds, in a folder that goes afterwards or is kept for the next time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    data, kept = folder / "data", folder / "told.json"
    warm()  # so that the forked servers have everything compiled
    told = Told(**json.loads(kept.read_text())) if kept.exists() else Told()
    if not data.exists():
        prepare(data)
    while told.rounds < given.rounds:
        play(data, told)
        look(data, told)
        kept.write_text(json.dumps(asdict(told)))
        if told.rounds % 10 == 0:
            print(summary(told), flush=True)
    bring_to_an_end(data, told)
    print(summary(told) + "; all jobs done at last, all files read")
    if given.folder is None:
        shutil.rmtree(folder)


def summary(told: Told) -> str:
    """What was told so far."""
    return (
        f"{told.rounds} kills of servers, {told.worker_kills} of workers: {len(told.edits)} edits acknowledged "
        f"({told.repeated} when sent again), {len(told.files)} files, {len(told.jobs)} jobs ({len(told.done)} seen "
        f"done, {told.retried} asked for again): 0 lost, all whole"
    )


if __name__ == "__main__":
    main()
