"""The colours of pages and pictures, from ``palette.json``, which the web application reads too.

Outlines and lines have colours that colour-blind readers can tell apart (Okabe and Ito, 2008, "Color Universal
Design"). Of Viridis (van der Walt and Smith, 2015), in which equal steps look equal, in grey and to the colour-blind
too, the darkest sixth is left out: it would drown in a dark picture.
"""

import json
from collections.abc import Sequence
from importlib.resources import files

_PALETTE = json.loads(files("uniaims.pages").joinpath("palette.json").read_text(encoding="utf-8"))

OKABE_ITO: dict[str, str] = _PALETTE["okabe_ito"]
INSTANCE_COLOURS = tuple(OKABE_ITO[name] for name in _PALETTE["instances"])
"""Outlines take these in turn by label; blue is left out, being too dark on a grey picture."""
VIRIDIS: tuple[str, ...] = tuple(_PALETTE["viridis"])
MISSING: str = _PALETTE["missing"]
"""For objects without a value."""


def kind_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each kind of object, the same in every picture; they repeat after six."""
    return {name: INSTANCE_COLOURS[place % len(INSTANCE_COLOURS)] for place, name in enumerate(names)}


def rgb(colour: str) -> tuple[int, int, int]:
    """Split ``#rrggbb`` into its three components, 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def theme_styles() -> str:
    """The colours of both themes as CSS variables: light everywhere but on screens whose ``data-theme`` is dark."""
    light, dark = (_variables(name, colours) for name, colours in _PALETTE["themes"].items())
    return f':root {{ {light} }}\n@media screen {{ :root[data-theme="dark"] {{ {dark} }} }}'


def theme_colours(name: str) -> dict[str, str]:
    """The colours of a theme by name."""
    colours: dict[str, str] = _PALETTE["themes"][name]
    return colours


def _variables(name: str, colours: dict[str, str]) -> str:
    return " ".join([*(f"--{key}: {colour};" for key, colour in colours.items()), f"color-scheme: {name};"])
