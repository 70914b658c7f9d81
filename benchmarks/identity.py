"""Whether two versions of the package give the same labels and measurements, bit for bit.

    PYTHONPATH=old/src python benchmarks/identity.py hash old.json --data ../shared/data --count 200
    PYTHONPATH=new/src python benchmarks/identity.py hash new.json --data ../shared/data --count 200
    python benchmarks/identity.py compare old.json new.json

Images are taken from all sets in turn, the smallest of each; small files are done first. What was hashed already is
kept, so that a run can be stopped and go on.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain, zip_longest
from pathlib import Path


def chosen(data: Path, count: int) -> list[Path]:
    """Images of all sets of ``<data>/<set>/images`` in turn, the smallest of each; small files first."""
    sets = [sorted(folder.iterdir(), key=_size) for folder in sorted(data.glob("*/images"))]
    return sorted([path for path in chain(*zip_longest(*sets)) if path is not None][:count], key=_size)


def _size(path: Path) -> tuple[int, Path]:
    return path.stat().st_size, path


def hashes(paths: list[Path], *, scale_bar: bool) -> Iterator[tuple[Path, dict[str, object]]]:
    """Digests of labels and table of each image, and the seconds that they took."""
    import uniaims

    settings = uniaims.AnalysisSettings(scale_bar=scale_bar)
    segmenter = uniaims.Segmenter.load(settings=settings.segmenter)
    for path in paths:
        started = time.process_time()
        found = uniaims.analyse(path, settings, segmenter)
        seconds, labels = time.process_time() - started, found.segmentation.labels
        table = found.measurements.to_polars().write_csv()
        yield (
            path,
            {
                "labels": sha256(repr((labels.shape, labels.dtype)).encode() + labels.tobytes()).hexdigest(),
                "table": sha256(table.encode()).hexdigest(),
                "instances": len(found.measurements),
                "cpu_seconds": round(seconds, 3),
            },
        )


def write_hashes(options: argparse.Namespace) -> int:
    """Write the digests, image by image."""
    known = json.loads(options.output.read_text()) if options.output.exists() else {}
    name = {path: str(path.relative_to(options.data)) for path in chosen(options.data, options.count)}
    waiting = [path for path in name if name[path] not in known]
    for path, digests in hashes(waiting, scale_bar=options.scale_bar):
        known[name[path]] = digests
        options.output.write_text(json.dumps(known, indent=1))
    return 0


def compare(options: argparse.Namespace) -> int:
    """Say which images differ."""
    old, new = (json.loads(path.read_text()) for path in (options.old, options.new))
    both = sorted(old.keys() & new.keys())
    unequal = [name for name in both if any(old[name][key] != new[name][key] for key in ("labels", "table"))]
    for name in unequal:
        print(f"{name}: differs ({old[name]['instances']} and {new[name]['instances']} instances)")
    seconds = [sum(each[name]["cpu_seconds"] for name in both) for each in (old, new)]
    print(f"{len(both)} images: {len(both) - len(unequal)} equal, {len(unequal)} differ; ", end="")
    print(
        f"{sum(old[name]['instances'] for name in both):,} instances; CPU time {seconds[0]:.1f} s, {seconds[1]:.1f} s"
    )
    if old.keys() != new.keys():
        print(f"{len(old.keys() ^ new.keys())} images are in one of the two files alone")
    return 1 if unequal or not both else 0


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("hash")
    one.add_argument("output", type=Path)
    one.add_argument("--data", type=Path, required=True)
    one.add_argument("--count", type=int, default=200)
    one.add_argument("--scale-bar", action="store_true", help="look for scale bars too")
    one.set_defaults(run=write_hashes)
    two = commands.add_parser("compare")
    two.add_argument("old", type=Path)
    two.add_argument("new", type=Path)
    two.set_defaults(run=compare)
    options = parser.parse_args()
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
