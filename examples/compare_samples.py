"""Compare the sizes of several samples: one folder of micrographs for each.

Run it as ``python examples/compare_samples.py results my-data/images my-test-data/images``.
"""

import sys
from pathlib import Path

import polars

import uniaims


def diameters(folder: Path, output: Path) -> polars.Series:
    """Diameters of all whole objects in a folder's micrographs."""
    uniaims.analyse_batch([folder], output)
    table = polars.read_parquet(output / "measurements.parquet")
    (column,) = [name for name in table.columns if name.startswith("equivalent_diameter_")]
    return table.filter(~polars.col("touches_border"))[column].alias(column)


def main(output: Path, folders: list[Path]) -> None:
    """Print count and percentiles of each sample."""
    for folder in folders:
        values = diameters(folder, output / folder.parent.name)
        d10, d50, d90 = (values.quantile(share, "linear") for share in (0.1, 0.5, 0.9))
        print(f"{folder}: n = {len(values)}, {values.name}: D10 {d10:.1f}, D50 {d50:.1f}, D90 {d90:.1f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
