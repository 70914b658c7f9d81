"""Measure a label image that another program made, and keep the table.

Run it as ``python examples/measure_labels.py labels.tif "2.5 nm" table.csv``.
"""

import sys

import uniaims


def main(labels_path: str, pixel_size: str, table_path: str) -> None:
    """Measure every object in nanometres."""
    measurements = uniaims.measure(uniaims.read_labels(labels_path), pixel_size)
    measurements.to_csv(table_path)
    print(f"{len(measurements.table)} objects, {len(measurements.table.columns)} columns: {table_path}")


if __name__ == "__main__":
    main(*sys.argv[1:4])
