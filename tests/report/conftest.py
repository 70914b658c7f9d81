"""Small made-up analyses for the tests of the report, and a reader of its pages."""

from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.measurements import measure
from uniaims.report import ReportContent

SHAPE = (160, 220)


def discs(count: int = 24, seed: int = 3) -> NDArray[np.uint32]:
    """Discs of different sizes on a grid, none at the border but the first two."""
    labels = np.zeros(SHAPE, np.uint32)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    radii = np.random.default_rng(seed).uniform(3, 11, count)
    for index, radius in enumerate(radii):
        row, column = divmod(index, 8)
        centre = (18 + 26 * row, 18 + 26 * column) if index > 1 else (0 if index else 150, 30 + 100 * index)
        inside = (y - centre[0]) ** 2 + 1.6 * (x - centre[1]) ** 2 < radius**2 + (60 if index == 0 else 0)
        labels[inside & (labels == 0)] = index + 1
    labels[-1, 25:35] = 1
    return labels


def content(
    labels: NDArray[np.uint32] | None = None,
    pixel_size: str | None = "2.5 nm",
    title: str = "powder.tif",
    settings: Mapping[str, object] | None = None,
    warnings: tuple[str, ...] = (),
) -> ReportContent:
    """Analysed image as the pipeline hands it over."""
    labels = discs() if labels is None else labels
    image = np.where(labels > 0, 180, 60).astype(np.uint8)
    return ReportContent(
        title=title,
        image=image,
        labels=labels,
        measurements=measure(labels, pixel_size, image),
        model="general",
        model_hash="0123456789abcdef" * 4,
        settings={"diameter_px": None, "flow": {"minimum_area_px": 12}} if settings is None else settings,
        provenance={"SHA-256 of the image file": "ab" * 32, "voltage_kv": 20.0},
        warnings=warnings,
        seconds={"read": 0.25, "segment": 3.0},
    )


class Page(HTMLParser):
    """What the tests want to know of a page: elements with attributes, text by element, scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()

    @classmethod
    def read(cls, path: Path) -> "Page":
        return cls(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            attributes, script = self.scripts[-1]
            self.scripts[-1] = (attributes, script + data)
        elif not (self._open and self._open[-1] == "style"):
            self.text += data

    def find(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        """Attributes of all elements of a kind that have the wanted ones."""
        return [a for name, a in self.elements if name == tag and all(a.get(k) == v for k, v in wanted.items())]


@pytest.fixture(scope="session")
def make_content() -> Callable[..., ReportContent]:
    """``content`` above."""
    return content


@pytest.fixture(scope="session")
def read_page() -> Callable[[Path], Page]:
    """``Page.read`` above."""
    return Page.read


@pytest.fixture(scope="session")
def disc_labels() -> NDArray[np.uint32]:
    """24 discs of which the first two are cut by the border."""
    return discs()
