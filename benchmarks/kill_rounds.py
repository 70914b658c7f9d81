"""Commands killed at random times: what is left must open, nothing kept is lost, and repeating leads to the end.

    python benchmarks/kill_rounds.py --rounds 200

Each round runs one of import, merge, split, export and analyse in a process of its own, kills it (SIGKILL) at a random
time, looks at what is there, kills a second run likewise, looks again, and lets a third one end. The result must be
that of a run that nobody disturbed, with no file more. Processes are forked from one that has imported everything, so
that a round takes a second; inputs are small, so that most kills meet writing.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from uniaims.cli import main as uniaims

IMAGES = 12
STEP = 4
"""Images after which an import keeps what is done; 512 outside of this benchmark."""


@dataclass(frozen=True)
class Case:
    """A command, what it needs, and what must hold after a kill and in the end.

    ``prepare`` lays out a folder; ``command`` gives the arguments; ``kept`` gives what may never be lost again;
    ``result`` gives all that the command made.
    """

    prepare: Callable[[Path], None]
    command: Callable[[Path], list[str]]
    kept: Callable[[Path], dict[str, str]]
    result: Callable[[Path], dict[str, str]]


def forked(work: Callable[[], int], seconds: float | None = None) -> tuple[int, float]:
    """Run in a child, killed after ``seconds``; its exit code (-9 if it was killed) and how long it took."""
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        silence = os.open(os.devnull, os.O_WRONLY)
        if "KILL_ROUNDS_TALK" not in os.environ:
            os.dup2(silence, 1), os.dup2(silence, 2)
        try:
            os._exit(work())
        except BaseException:
            os._exit(99)
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), time.perf_counter() - started
        if seconds is not None and time.perf_counter() - started > seconds:
            os.kill(child, signal.SIGKILL)
            seconds = None
        time.sleep(0.0005)


def command(arguments: Sequence[str]) -> int:
    from uniaims.dataset import store

    store.IMAGES_IN_A_STEP = STEP
    return uniaims(list(arguments))


def answered(ask: Callable[[Path], dict[str, str]], folder: Path) -> dict[str, str]:
    """What ``ask`` says of a folder; in a child, as the libraries' threads must not start in this process."""
    reading, writing = os.pipe()

    def work() -> int:
        os.close(reading)
        with os.fdopen(writing, "w") as stream:
            stream.write("\n".join(f"{name}\t{value}" for name, value in ask(folder).items()))
        return 0

    child = os.fork()
    if child == 0:
        try:
            os._exit(work())
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(99)
    os.close(writing)
    with os.fdopen(reading) as stream:
        lines = stream.read().split("\n")
    if os.waitpid(child, 0)[1]:
        raise AssertionError(f"{folder} can't be looked at")
    return dict(line.split("\t") for line in lines if line)


def write_pictures(folder: Path, seeds: range, side: int = 64) -> None:
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        labels, image = np.zeros((side, side), np.uint8), rng.normal(90, 6, (side, side))
        for number in range(1, 6):
            x, y = rng.integers(8, side - 8, 2).tolist()
            cv2.circle(labels, (x, y), 5, number, -1)
            cv2.circle(image, (x, y), 5, 190, -1)
        cv2.imwrite(str(folder / "images" / f"i{seed}.png"), np.clip(image, 0, 255).astype(np.uint8))
        cv2.imwrite(str(folder / "masks" / f"i{seed}.png"), labels)
    (folder / "ignore").mkdir()
    cv2.imwrite(str(folder / "ignore" / f"i{seeds[0]}.png"), np.eye(side, dtype=np.uint8))


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def dataset_facts(folder: Path) -> dict[str, str]:
    """Each image of a dataset with what is known of it, its instances and its bytes; nothing where none is yet."""
    from uniaims.dataset import Dataset
    from uniaims.dataset.manifest import is_dataset

    if not is_dataset(folder):
        return {}
    dataset = Dataset.open(folder)
    facts = {}
    for entry in dataset.entries():
        image_id, instances = entry.record.image_id, entry.instances
        parts = [repr(entry.record), *map(str, instances.encoded()), str(instances.boxes.tolist())]
        hashed = hashlib.sha256("".join(parts).encode()).hexdigest()[:16]
        facts[image_id] = f"{hashed} {hash_of(dataset.image_path(image_id))} {dataset.ignored(image_id) is not None}"
    return facts


def dataset_result(folder: Path) -> dict[str, str]:
    from uniaims.dataset import Dataset

    parts = len(Dataset.open(folder).parts) - len(list((folder / "instances").iterdir()))
    return dataset_facts(folder) | {"parts that nobody uses": str(parts)} | tree(folder, bytes_too=False)


def tree(folder: Path, *, bytes_too: bool = True) -> dict[str, str]:
    """All files by name, with their hashes; parts of datasets have other numbers after a kill."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("part-"))
    return {str(path.relative_to(folder)): hash_of(path) if bytes_too else "" for path in files}


def without_split(folder: Path) -> dict[str, str]:
    """How the images are shared out: all of them or none."""
    from uniaims.dataset import Dataset

    splits = {record.split == "" for record in Dataset.open(folder / "set").query()}
    assert len(splits) == 1, "some images are shared out, others not"
    return {} if splits == {True} else dataset_facts(folder / "set")


def batch_kept(folder: Path) -> dict[str, str]:
    """The result folders that are whole."""
    from uniaims.pipeline.results import read_results

    done = [each.path for each in read_results(folder / "out").values() if each.is_complete]
    return {each.name: f"{hash_of(each / 'labels.tif')} {(each / 'summary.json').stat().st_mtime_ns}" for each in done}


def batch_result(folder: Path) -> dict[str, str]:
    import polars as pl

    out, table = folder / "out", pl.read_parquet(folder / "out" / "measurements.parquet", glob=False)
    joined = hashlib.sha256(table.write_csv().encode()).hexdigest()[:16]
    labels = {str(path): hash_of(path) for path in sorted(out.rglob("labels.tif"))}
    labels = {str(Path(name).relative_to(out)): value for name, value in labels.items()}
    return tree(out, bytes_too=False) | {"joined": joined} | labels


def imported(source: Path, target: Path) -> None:
    assert command(["dataset", "import", str(source), "--output", str(target)]) == 0


def prepare_import(folder: Path) -> None:
    write_pictures(folder / "plain", range(IMAGES))


def prepare_set(folder: Path) -> None:
    prepare_import(folder)
    imported(folder / "plain", folder / "set")


def prepare_merge(folder: Path) -> None:
    prepare_set(folder)
    write_pictures(folder / "other", range(IMAGES - 2, 2 * IMAGES - 2))
    imported(folder / "other", folder / "set2")


def prepare_batch(folder: Path) -> None:
    write_pictures(folder / "plain", range(3), side=96)


CASES = {
    "import": Case(
        prepare_import,
        lambda f: ["dataset", "import", str(f / "plain"), "--output", str(f / "out")],
        lambda f: dataset_facts(f / "out"),
        lambda f: dataset_result(f / "out"),
    ),
    "merge": Case(
        prepare_merge,
        lambda f: ["dataset", "merge", str(f / "set"), str(f / "set2"), "--output", str(f / "out")],
        lambda f: dataset_facts(f / "out"),
        lambda f: dataset_result(f / "out"),
    ),
    "split": Case(
        prepare_set,
        lambda f: ["dataset", "split", str(f / "set"), "--fractions", "0.5", "0.5", "0", "--seed", "1"],
        without_split,
        lambda f: dataset_result(f / "set"),
    ),
    "export": Case(
        prepare_set,
        lambda f: ["dataset", "export", str(f / "set"), "--format", "folder", "--output", str(f / "out")],
        lambda f: tree(f / "out") if (f / "out").exists() else {},
        lambda f: tree(f / "out"),
    ),
    "analyse": Case(
        prepare_batch,
        lambda f: ["analyse", str(f / "plain" / "images"), "--output", str(f / "out")],
        batch_kept,
        batch_result,
    ),
}


def hidden(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob(".*") if path.name != ".lock")


def one_round(case: Case, prepared: Path, expected: tuple[dict[str, str], float], rng: random.Random) -> Counter[str]:
    """Kill twice, repeat once; counts what went wrong, under its name."""
    told: Counter[str] = Counter(rounds=1)
    whole, seconds = expected
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "round"
        shutil.copytree(prepared, folder)
        before: dict[str, str] = {}
        for _ in range(2):
            code, _ = forked(lambda: command(case.command(folder)), rng.uniform(0.02, 1.0) * seconds)
            told["killed"] += code == -signal.SIGKILL
            told["failed"] += code not in (0, -signal.SIGKILL) and not is_there_already(case, folder)
            told["left something"] += bool(hidden(folder))
            now = answered(case.kept, folder)
            told["lost"] += any(now.get(key) != value for key, value in before.items())
            before = now
        code, _ = forked(lambda: command(case.command(folder)))
        told["not repeatable"] += code != 0 and not is_there_already(case, folder)
        told["another result"] += answered(case.result, folder) != whole
        told["leftovers"] += bool(hidden(folder))
    return told


def is_there_already(case: Case, folder: Path) -> bool:
    """Whether a command that makes a new folder was done before: then it refuses to do so again, and that is right."""
    return case in (CASES["merge"], CASES["export"]) and (folder / "out").exists()


def undisturbed(case: Case, prepared: Path) -> tuple[dict[str, str], float]:
    """What the command makes, and how long it takes the second time, when files are in memory."""
    with tempfile.TemporaryDirectory() as name:
        for number in range(2):
            folder = Path(name) / str(number)
            shutil.copytree(prepared, folder)
            code, seconds = forked(lambda folder=folder: command(case.command(folder)))
            assert code == 0, f"{case.command(folder)} ended with {code}"
        return answered(case.result, folder), seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="in all, shared by the commands")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=CASES, nargs="*", default=list(CASES))
    given = parser.parse_args()
    import numba  # noqa: F401
    import onnxruntime  # noqa: F401
    import polars  # noqa: F401
    import tifffile  # noqa: F401
    import zarr  # noqa: F401

    import uniaims.dataset.exchange
    import uniaims.dataset.merging
    import uniaims.dataset.splits
    import uniaims.dataset.transfer
    import uniaims.pipeline  # noqa: F401

    rng, bad = random.Random(given.seed), 0
    columns = ("rounds", "killed", "left something", "failed", "lost", "not repeatable", "another result", "leftovers")
    print("| command | " + " | ".join(columns) + " |\n| " + " --- |" * (len(columns) + 1))
    for name in given.only:
        told: Counter[str] = Counter()
        with tempfile.TemporaryDirectory() as prepared:
            forked(lambda prepared=prepared, name=name: CASES[name].prepare(Path(prepared)) or 0)
            expected = undisturbed(CASES[name], Path(prepared))
            for _ in range(max(1, given.rounds // len(given.only))):
                told += one_round(CASES[name], Path(prepared), expected, rng)
        print(f"| {name} | " + " | ".join(str(told[column]) for column in columns) + " |", flush=True)
        bad += sum(told[column] for column in columns[3:])
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
