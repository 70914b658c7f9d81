"""Analyse one micrograph and print what a scientist asks first.

Run it as ``python examples/first_analysis.py powder.tif``.
"""

import sys

import uniaims


def main(path: str) -> None:
    """Read, segment and measure; objects that the border cuts don't count for sizes."""
    analysis = uniaims.analyse(path)
    table = analysis.measurements.to_polars()
    whole = table.filter(~table["touches_border"])
    diameter = analysis.measurements.column("equivalent_diameter")
    print(f"{len(table)} objects, {len(table) - len(whole)} of them cut by the border")
    print(f"median {diameter}: {whole[diameter].median():.1f}")


if __name__ == "__main__":
    main(sys.argv[1])
