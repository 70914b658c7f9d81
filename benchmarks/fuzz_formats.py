"""Mutated files of every format, read under guard: what is read, what is refused, and what should not happen.

    python benchmarks/fuzz_formats.py --count 10000 --output fuzz

Each mutant is read in a guarded child process of 20 s and 2 GB. It is either read or refused with an exception of
`uniaims.errors`; any other exception ("fault"), a hang, more memory or a crash is wrong, and the mutant is kept in
``fuzz/kept``. A mutant follows from seed and number alone, so that a run that was stopped goes on where it ended, and
one mutant can be made again: ``--only 4711``.
"""

import argparse
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from fuzzing.mutations import mutate
from fuzzing.reading import Trial, try_reading
from fuzzing.seeds import Seed, seeds

from uniaims.guard.frames import Reply, Terms, pickled
from uniaims.guard.process import Child

SECONDS, MEMORY_BYTES = 20.0, 2 * 10**9
OUTCOMES = ("read", "refused", "fault", "hang", "memory", "crash")
WRONG = OUTCOMES[2:]
WARM = ("fuzzing.reading", "uniaims.dataset.exchange.pictures")


class Fuzzer:
    """Makes mutants by number and reads each in a child."""

    def __init__(self, folder: Path, seed: int, kinds: str = "") -> None:
        self._folder, self._seed = folder, seed
        self._seeds = [each for each in seeds(folder / "seeds") if kinds in each.kind]
        self._child: Child | None = None

    def mutant(self, number: int) -> tuple[Seed, Path, str]:
        """Seed, place and change of a mutant."""
        rng = np.random.default_rng([self._seed, number])
        chosen = self._seeds[number % len(self._seeds)]
        target = self._folder / "mutant" / chosen.path.name
        shutil.rmtree(target.parent, ignore_errors=True)
        target.parent.mkdir(parents=True)
        if chosen.path.is_dir():
            shutil.copytree(chosen.path, target)
        else:
            shutil.copyfile(chosen.path, target)
        return chosen, target, mutate(target, rng)

    def trial(self, seed: Seed, path: Path) -> Trial:
        """Read a mutant; one that took too long has a second try, as the machine may have been busy."""
        first = self._tried(seed, path)
        return self._tried(seed, path) if first.outcome == "hang" else first

    def _tried(self, seed: Seed, path: Path) -> Trial:
        fresh = self._child is None
        self._child = self._child or Child(WARM)
        request = pickled((try_reading, (seed.reader, path)))
        reply = self._child.answer(Terms(SECONDS, MEMORY_BYTES, str(self._folder)), request)
        if isinstance(reply, Reply):
            trial: Trial = reply.result()
            return trial
        self._child = None
        if reply.verdict == "time":
            return Trial("hang", "", SECONDS, 0)
        if not fresh:  # it may have been the mutant before
            return self._tried(seed, path)
        outcome = "memory" if reply.verdict == "memory" else "crash"
        return Trial(outcome, reply.reason(Terms(SECONDS, MEMORY_BYTES, "")), 0, 0)

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.end()


def run(numbers: Iterable[int], output: Path, seed: int = 0, kinds: str = "") -> list[dict[str, Any]]:
    """Read the mutants of these numbers, but for those that ``output`` tells of already; gives a row for each."""
    output.mkdir(parents=True, exist_ok=True)
    log = output / "trials.jsonl"
    rows = {row["number"]: row for row in map(json.loads, log.read_text("utf-8").splitlines())} if log.exists() else {}
    with tempfile.TemporaryDirectory() as folder, log.open("a", encoding="utf-8") as stream:
        fuzzer = Fuzzer(Path(folder), seed, kinds)
        for number in (number for number in numbers if number not in rows):
            chosen, path, change = fuzzer.mutant(number)
            trial = fuzzer.trial(chosen, path)
            rows[number] = {"number": number, "kind": chosen.kind, "change": change, **asdict(trial)}
            stream.write(json.dumps(rows[number]) + "\n")
            stream.flush()
            if trial.outcome in WRONG:
                keep(path, output / "kept" / f"{chosen.kind.replace(' ', '-')}-{number}")
        fuzzer.close()
    return list(rows.values())


def keep(mutant: Path, folder: Path) -> None:
    """Put a mutant aside, to be looked into."""
    if mutant.is_dir():
        shutil.copytree(mutant, folder / mutant.name, dirs_exist_ok=True)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(mutant, folder / mutant.name)


def table(rows: list[dict[str, Any]]) -> str:
    """Counts by kind, as Markdown."""
    lines = [f"| format | {' | '.join(OUTCOMES)} | longest, s | most memory, MB |", "| --- |" + " ---: |" * 8]
    for kind in [*sorted({row["kind"] for row in rows}), ""]:
        chosen = [row for row in rows if not kind or row["kind"] == kind]
        counts = Counter(row["outcome"] for row in chosen)
        worst = [max((row[name] for row in chosen), default=0) for name in ("seconds", "memory_mb")]
        cells = [*(f"{counts[outcome]:,}" for outcome in OUTCOMES), f"{worst[0]:.1f}", f"{worst[1]:,.0f}"]
        lines.append(f"| {kind or 'all'} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run, and print the table and what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--kinds", default="", help="only kinds with this in their name")
    parser.add_argument("--only", type=int, help="one mutant, which is kept whatever becomes of it")
    arguments = parser.parse_args()
    if arguments.only is not None:
        with tempfile.TemporaryDirectory() as folder:
            fuzzer = Fuzzer(Path(folder), arguments.seed, arguments.kinds)
            chosen, path, change = fuzzer.mutant(arguments.only)
            keep(path, arguments.output / "kept" / f"{chosen.kind.replace(' ', '-')}-{arguments.only}")
            print(chosen.kind, change, fuzzer.trial(chosen, path), sep="\n")
            fuzzer.close()
        return
    rows = run(range(arguments.count), arguments.output, arguments.seed, arguments.kinds)
    print(table(rows))
    for row in rows:
        if row["outcome"] in WRONG:
            print(f"{row['kind']} {row['number']} ({row['change']}): {row['outcome']} {row['text'][-500:]}")


if __name__ == "__main__":
    main()
