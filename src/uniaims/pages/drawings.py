"""Drawings that stand alone: outside a page, with the styles of the light theme and a size on paper."""

import re

from markupsafe import Markup

from uniaims.pages.language import told_page
from uniaims.pages.page import HERE, asset
from uniaims.pages.palette import theme_colours

SERIF = "'Libertinus Serif', 'Noto Serif CJK SC', 'Source Han Serif SC', 'Songti SC', SimSun, serif"
SANS = "Arial, 'Liberation Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
USUAL_FONT = 11.5
"""Size of the numbers in a drawing, in its units."""
MM_PER_POINT = 25.4 / 72
_STYLE = re.compile(r"(?<![\w.] )svg ([.t][^{}:\[]*) \{([^}]*)\}")
_VARIABLE = re.compile(r"var\(--([\w-]+)\)")
_FOR_PAGES = re.compile(r"\s(?:data-[\w-]+|role|tabindex)=\"[^\"]*\"")
_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def standalone(svg: Markup, width_mm: float | None = None, family: str = SERIF) -> str:
    """A drawing as a file of its own: texts in the language that is spoken, colours for paper.

    Args:
        svg: as charts give it.
        width_mm: on paper; ``None``: left to whoever places it.
        family: fonts, in order of preference.
    """
    text = _FOR_PAGES.sub("", told_page(str(svg)))
    if width_mm:
        width, height = size_of(svg)
        sides = f'width="{width_mm:g}mm" height="{width_mm * height / width:.2f}mm" '
        text = text.replace("viewBox=", f"{sides}viewBox=", 1)
    head, rest = text.replace("h0", "h0.01").split(">", 1)  # strokes without length are dropped by some
    return f"{head}><style>{drawing_styles(family)}</style>{rest}"


def size_of(svg: Markup) -> tuple[float, float]:
    """Width and height of a drawing in its units.

    Raises:
        ValueError: if it has no ``viewBox``.
    """
    found = _BOX.search(str(svg))
    if found is None:
        raise ValueError(f"a drawing without a viewBox: {str(svg)[:80]!r}")
    return float(found[1]), float(found[2])


def width_in_units(width_mm: float, font_points: float) -> float:
    """How wide a drawing has to be in its units for its numbers to be so large on paper."""
    return USUAL_FONT * width_mm / (font_points * MM_PER_POINT)


def drawing_styles(family: str = SERIF) -> str:
    """The styles of drawings, their variables filled in for paper."""
    colours = theme_colours("light") | {"sans": family, "paper": "#ffffff"}
    rules = (f"{name.replace('svg ', '')}{{{rule.strip()}}}" for name, rule in _STYLE.findall(asset(HERE, "page.css")))
    return _VARIABLE.sub(lambda found: colours[found[1]], "".join(rules))
