"""Lay out the public sets that the shipped model ``general`` learns from, split by source.

    python examples/prepare_general_data.py ../shared/data runs/general-data

writes ``train/<set>`` and ``validation/<set>``, each with ``images/`` and ``masks/`` (links to the originals)
and, where a set is labelled in part only, ``ignore/``, and where several images have one source, ``groups.csv``.
No article, specimen, animal or slice is on both sides. The film and crack sets are for validation only: they are
other tasks than finding all objects.
"""

import csv
import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

VALIDATION_SHARE = 0.15
KNOWN_MARGIN_PX = 6
"""In a set labelled in part, pixels within this distance of a labelled object are known too."""


def is_drawn(source: str) -> bool:
    """A fixed coin for each source name: about 15 % are kept for validation."""
    return int(hashlib.sha256(source.encode()).hexdigest(), 16) % 1000 < VALIDATION_SHARE * 1000


def article_of(data: Path) -> Callable[[str], bool]:
    """EMPS: by the article that the figure stands in."""
    with (data / "emps" / "groups.csv").open(encoding="utf-8") as file:
        articles = {row["stem"]: row["doi"] for row in csv.DictReader(file)}
    return lambda stem: is_drawn(articles[stem])


def validation_rules(data: Path) -> dict[str, Callable[[str], bool]]:
    """For each set, which stems are kept for validation."""
    return {
        "emps": article_of(data),
        "dsb2018": is_drawn,
        "nasa_superalloy": lambda stem: stem.startswith("val__"),
        "nasa_meltpool": lambda stem: "Slice-2" in stem,
        "ampis_powder": lambda stem: "Sc2" in stem,
        "ampis_spheroidite": lambda stem: "85H" in stem,
        "axondeepseg_sem": lambda stem: "rat2" in stem or "rat5" in stem,
        "nasa_ebc_oxide": lambda _: True,
        "nasa_ebc_cracks": lambda _: True,
    }


def link(source: Path, target: Path) -> None:
    """A symbolic link, replaced if it is there already."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.symlink_to(source.resolve())


def write_ignore(mask: Path, target: Path) -> None:
    """Everything farther than a margin from a labelled object is unknown."""
    labelled = cv2.imread(str(mask), cv2.IMREAD_UNCHANGED) > 0
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * KNOWN_MARGIN_PX + 1, 2 * KNOWN_MARGIN_PX + 1))
    known = cv2.dilate(labelled.astype(np.uint8), kernel)
    target.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(target), np.where(known, 0, 255).astype(np.uint8))


def split(data: Path, output: Path) -> Iterator[tuple[str, str]]:
    """Lay out every sample; gives (side, set) of each."""
    for name, kept in validation_rules(data).items():
        for mask in sorted((data / name / "masks").glob("*.png")):
            side = "validation" if kept(mask.stem) else "train"
            link(data / name / "images" / mask.name, output / side / name / "images" / mask.name)
            link(mask, output / side / name / "masks" / mask.name)
            if name == "nasa_meltpool":
                write_ignore(mask, output / side / name / "ignore" / mask.name)
            yield side, name


def main() -> None:
    """Split, then say how many samples went where."""
    data, output = Path(sys.argv[1]), Path(sys.argv[2])
    laid_out = list(split(data, output))
    link(data / "emps" / "groups.csv", output / "train" / "emps" / "groups.csv")
    for side, name in sorted(set(laid_out)):
        print(f"{side:10} {name:20} {laid_out.count((side, name)):4} samples")


if __name__ == "__main__":
    main()
